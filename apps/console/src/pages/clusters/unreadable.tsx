import { ErrorNote, PageHead } from '../../parts/index.js';

interface UnreadableProps {
  readonly meshId: string;
  readonly error: Error;
}

/** In place of a page whose cluster cannot be read: there is none, or the API cannot be reached. */
export function Unreadable({ meshId, error }: UnreadableProps) {
  return (
    <>
      <PageHead title="Cluster" above={[['Fleet', `/meshes/${meshId}/fleet`]]} />
      <ErrorNote error={error} />
    </>
  );
}
