import { ActionIcon, AppShell, Burger, Group, NativeSelect, NavLink, Text } from '@mantine/core';
import { useDisclosure, useHotkeys } from '@mantine/hooks';
import { IconLogout, IconPlus, IconUserCircle } from '@tabler/icons-react';
import { useEffect, useRef } from 'react';
import {
  Link,
  Navigate,
  Outlet,
  NavLink as RouterLink,
  useLocation,
  useMatches,
  useNavigate,
  useParams,
} from 'react-router';
import type { SessionQuery } from '../api/generated/graphql.js';
import {
  ApiError,
  Session,
  SessionContext,
  useApi,
  useLiveMesh,
  useSignOut,
} from '../api/index.js';
import { ErrorNote } from '../parts/error-note.js';
import type { Page } from '../parts/page.js';
import { ConnectionNote } from './connection-note.js';
import { Missing, Waiting } from './fallbacks.js';
import { lastMesh, rememberMesh } from './last-mesh.js';
import { Logo } from './logo.js';
import { SchemeToggle } from './scheme-toggle.js';

/** Around all pages of who has signed in: navigation, the mesh, the account, the connection. */
export function Shell({ pages }: { readonly pages: readonly Page[] }) {
  const { data: session, error } = useApi(Session, {});
  const { pathname, search } = useLocation();
  const code = error instanceof ApiError ? error.code : undefined;
  if (code === 'UNAUTHENTICATED') {
    const next = pathname === '/' ? '' : `?next=${encodeURIComponent(pathname + search)}`;
    return <Navigate to={`/sign-in${next}`} replace />;
  }
  // Whoever was cut off while signing up; doing so again makes what is missing.
  if (code === 'ORGANIZATION_REQUIRED') return <Navigate to="/sign-up?unfinished" replace />;
  if (error && !session) {
    return (
      <main>
        <ErrorNote error={error} m="xl" />
      </main>
    );
  }
  if (!session) return <Waiting />;
  return (
    <SessionContext value={session}>
      <Frame session={session} pages={pages} />
    </SessionContext>
  );
}

function Frame({
  session,
  pages,
}: {
  readonly session: SessionQuery;
  readonly pages: readonly Page[];
}) {
  const [isOpen, { toggle, close }] = useDisclosure(false);
  const { pathname } = useLocation();
  const { meshId } = useParams();
  const mesh = session.meshes.edges.find(({ node }) => node.id === meshId)?.node;
  // Beside the pages of the person the navigation stays at the mesh that was looked at last.
  const near = mesh ?? (meshId === undefined ? lastMesh(session) : undefined);
  const navigate = useNavigate();
  const { error, isPending, signOut } = useSignOut(() => navigate('/sign-in'));
  const page = useMatches().at(-1)?.handle as Page | undefined;
  useHotkeys([['Escape', close]]);
  const main = useRef<HTMLElement>(null);
  const lastPath = useRef(pathname);
  // biome-ignore lint/correctness/useExhaustiveDependencies: whenever the address changes
  useEffect(close, [pathname]);
  useEffect(() => {
    document.title = [page?.title, mesh?.name, 'Isthmus'].filter(Boolean).join(' · ');
    if (lastPath.current === pathname) return;
    lastPath.current = pathname;
    // Who goes by keyboard or ear is where the new page begins.
    main.current?.focus({ preventScroll: true });
    scrollTo(0, 0);
  }, [page, mesh, pathname]);
  return (
    <AppShell
      header={{ height: 56 }}
      navbar={{ width: 232, breakpoint: 'sm', collapsed: { mobile: !isOpen } }}
      padding={{ base: 'md', md: 'lg' }}
      bg="var(--isthmus-ground)"
    >
      <a className="skip" href="#main">
        Skip to the content
      </a>
      <AppShell.Header>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap" gap="xs">
          <Group gap="sm" wrap="nowrap">
            <Burger
              opened={isOpen}
              onClick={toggle}
              hiddenFrom="sm"
              size="sm"
              aria-label={isOpen ? 'Close the navigation' : 'Open the navigation'}
            />
            <Link to="/" className="plain" aria-label="Isthmus, to your mesh">
              <Logo />
            </Link>
          </Group>
          <Group gap={4} wrap="nowrap">
            <SchemeToggle />
            <Account
              name={session.viewer.user?.name ?? 'Account'}
              isLeaving={isPending}
              onLeave={signOut}
            />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="sm" className="navigation" data-closed={!isOpen || undefined}>
        <AppShell.Section>
          <MeshSelect session={session} shown={near?.id} />
        </AppShell.Section>
        <AppShell.Section grow mt="sm" style={{ overflowY: 'auto' }}>
          <nav aria-label="Main">
            <Links
              pages={pages.filter(({ scope }) => scope === 'mesh')}
              base={near && `/meshes/${near.id}/`}
              onGo={close}
            />
          </nav>
        </AppShell.Section>
        <AppShell.Section component="nav" aria-label="Organization">
          <Links pages={pages.filter(({ scope }) => scope === 'person')} base="/" onGo={close} />
        </AppShell.Section>
      </AppShell.Navbar>
      <AppShell.Main>
        <ConnectionNote />
        <ErrorNote error={error} mb="md">
          <Text size="sm">You are still signed in.</Text>
        </ErrorNote>
        <div
          id="main"
          ref={main as never}
          tabIndex={-1}
          className={page?.wide ? 'page page-wide' : 'page'}
        >
          {meshId !== undefined && !mesh ? <Missing /> : <Outlet key={meshId} />}
        </div>
      </AppShell.Main>
      {mesh && <Live meshId={mesh.id} />}
    </AppShell>
  );
}

function Live({ meshId }: { readonly meshId: string }) {
  useLiveMesh(meshId);
  useEffect(() => rememberMesh(meshId), [meshId]);
  return null;
}

interface LinksProps {
  readonly pages: readonly Page[];
  /** What their paths are below; nothing is shown without. */
  readonly base: string | undefined;
  onGo(): void;
}

function Links({ pages, base, onGo }: LinksProps) {
  if (base === undefined) return null;
  const listed = pages.flatMap((page) =>
    page.navigation ? [{ ...page, ...page.navigation }] : [],
  );
  return listed
    .sort((a, b) => a.order - b.order)
    .map(({ path, title, icon: Icon }) => (
      <NavLink
        key={path}
        component={RouterLink}
        to={`${base}${path}`}
        onClick={onGo}
        label={title}
        leftSection={<Icon size={18} stroke={1.6} aria-hidden />}
        className="navigation-link"
      />
    ));
}

interface MeshSelectProps {
  readonly session: SessionQuery;
  /** Id of the mesh whose navigation is shown. */
  readonly shown: string | undefined;
}

function MeshSelect({ session, shown = '' }: MeshSelectProps) {
  const navigate = useNavigate();
  const { meshId } = useParams();
  const { pathname } = useLocation();
  const { edges } = session.meshes;
  if (edges.length === 0) return null;
  const data = edges.map(({ node }) => ({ value: node.id, label: node.name }));
  // The same page of another mesh, as far as it is none of something in the mesh.
  const section = meshId ? (pathname.split('/')[3] ?? 'fleet') : 'fleet';
  return (
    <Group gap={4} wrap="nowrap" align="flex-end">
      <NativeSelect
        label="Mesh"
        flex={1}
        data={shown === '' ? [{ value: '', label: 'Choose a mesh' }, ...data] : data}
        value={shown}
        onChange={({ currentTarget: { value } }) =>
          value && navigate(`/meshes/${value}/${section}`)
        }
      />
      <Link to="/meshes/new" className="icon-link" aria-label="New mesh" title="New mesh">
        <IconPlus size={18} />
      </Link>
    </Group>
  );
}

interface AccountProps {
  readonly name: string;
  readonly isLeaving: boolean;
  onLeave(): void;
}

function Account({ name, isLeaving, onLeave }: AccountProps) {
  return (
    <>
      <Link to="/account" className="plain account" aria-label={`Account of ${name}`}>
        <IconUserCircle size={20} stroke={1.6} aria-hidden />
        <span className="account-name">{name}</span>
      </Link>
      <ActionIcon
        variant="subtle"
        color="gray"
        size="lg"
        aria-label="Sign out"
        title="Sign out"
        onClick={onLeave}
        loading={isLeaving}
      >
        <IconLogout size={18} stroke={1.6} />
      </ActionIcon>
    </>
  );
}
