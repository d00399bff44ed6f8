import {
  keepPreviousData,
  QueryClient,
  type UseMutationResult,
  type UseQueryResult,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import { useEffect, useMemo } from 'react';
import { ApiError, type Operation, request } from './request.js';

/** So many rows a list loads by itself. */
const mostRows = 10_000;
/**
 * A list is read in pages of this many, the most that the API gives; the first one is short: most
 * lists are, and the API's budget is charged for what is asked for, not for what there is.
 */
const pageSizes = { first: 50, next: 200 };

const passing = new Set(['UNREACHABLE', 'UNAVAILABLE', 'RATE_LIMITED']);

export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      // Subscriptions say when something changed; see `live.ts`.
      staleTime: 30_000,
      retry: (failures, error) =>
        error instanceof ApiError && passing.has(error.code) && failures < 3,
      refetchOnWindowFocus: true,
    },
    // Some answers hold a secret that is shown once: none outlives the page that asked.
    mutations: { retry: false, gcTime: 0 },
  },
});

/** What a query is kept under. */
function keyOf(operation: { toString(): string }, variables: unknown): readonly unknown[] {
  return [operation.toString(), variables];
}

interface QueryOptions<Data = unknown> {
  /** Whether it can be asked yet; true unless said. */
  readonly enabled?: boolean;
  /** Whether the answer to other variables stays until the new one is here; false unless said. */
  readonly keep?: boolean;
  /** How often it is asked again by itself, in ms; only when something changes unless said. */
  readonly everyMs?: number | undefined | ((data: Data | undefined) => number | undefined);
}

/** The answer to a query, kept up to date while it is shown. */
export function useApi<Data, Variables>(
  operation: Operation<Data, Variables>,
  variables: Variables,
  { enabled = true, keep = false, everyMs }: QueryOptions<Data> = {},
): UseQueryResult<Data, ApiError> {
  return useQuery<Data, ApiError>({
    queryKey: keyOf(operation, variables),
    queryFn: ({ signal }) => request(operation, variables, signal),
    enabled,
    refetchInterval: ({ state }) =>
      (typeof everyMs === 'function' ? everyMs(state.data) : everyMs) ?? false,
    ...(keep ? { placeholderData: keepPreviousData } : {}),
  });
}

interface Connection<Row> {
  readonly edges: readonly { readonly node: Row }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor?: string | null };
}

/** Rows of a connection, as many as there are, page after page. */
export interface RowsResult<Row> {
  readonly rows: readonly Row[];
  /** Nothing is here yet. */
  readonly isPending: boolean;
  /** Something is here, and more is coming. */
  readonly isLoadingMore: boolean;
  /** There are more than a list loads. */
  readonly isCut: boolean;
  readonly error: ApiError | null;
}

/** In place of a connection of what is not there. */
export const noRows = { edges: [], pageInfo: { hasNextPage: false } } as const;

interface RowsOptions {
  /** As for a query. */
  readonly enabled?: boolean;
  /** In ms; only when something changes unless said. */
  readonly everyMs?: number | undefined;
}

/**
 * All rows of a connection, so that the list can be filtered and sorted by any column at once.
 *
 * @param operation Takes `first` and `after` among its variables.
 * @param connectionOf Finds the connection in the answer.
 */
export function useRows<Data, Variables extends { first?: unknown; after?: unknown }, Row>(
  operation: Operation<Data, Variables>,
  variables: Omit<Variables, 'first' | 'after'>,
  connectionOf: (data: Data) => Connection<Row>,
  { enabled = true, everyMs }: RowsOptions = {},
): RowsResult<Row> {
  const { data, error, isPending, hasNextPage, isFetching, fetchNextPage, isError } =
    useInfiniteQuery({
      queryKey: keyOf(operation, variables),
      initialPageParam: undefined as string | undefined,
      queryFn: ({ pageParam, signal }) => {
        const first = pageParam === undefined ? pageSizes.first : pageSizes.next;
        const page = { ...variables, first, after: pageParam } as unknown as Variables;
        return request(operation, page, signal).then(connectionOf);
      },
      getNextPageParam: ({ pageInfo }, pages) =>
        pageInfo.hasNextPage && pages.length * pageSizes.next < mostRows + pageSizes.next
          ? (pageInfo.endCursor ?? undefined)
          : undefined,
      enabled,
      refetchInterval: everyMs ?? false,
    });
  useEffect(() => {
    if (hasNextPage && !isFetching && !isError) void fetchNextPage();
  }, [hasNextPage, isFetching, isError, fetchNextPage]);
  // The same rows as long as nothing changed: lists filter and sort them, graphs draw them.
  const rows = useMemo(
    () => data?.pages.flatMap(({ edges }) => edges.map(({ node }) => node)) ?? [],
    [data],
  );
  return {
    rows,
    isPending,
    isLoadingMore: hasNextPage,
    isCut: !hasNextPage && (data?.pages.at(-1)?.pageInfo.hasNextPage ?? false),
    error: error as ApiError | null,
  };
}

/** A list of more pages than this is a long one: all of them are read again when one is. */
const mostShortPages = 5;

/** Whether a query's answer is a list of so many pages that reading it again takes its time. */
export function isLongList(data: unknown): boolean {
  const pages = (data as { readonly pages?: unknown } | null | undefined)?.pages;
  return Array.isArray(pages) && pages.length > mostShortPages;
}

/** Something to do. All that is shown is read again when it is done. */
export function useDo<Data, Variables>(
  operation: Operation<Data, Variables>,
): UseMutationResult<Data, ApiError, Variables> {
  const client = useQueryClient();
  return useMutation<Data, ApiError, Variables>({
    mutationFn: (variables) => request(operation, variables),
    onSuccess: () => void client.invalidateQueries(),
  });
}
