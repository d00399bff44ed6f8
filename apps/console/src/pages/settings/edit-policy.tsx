import { Skeleton } from '@mantine/core';
import { Link, useNavigate, useParams } from 'react-router';
import { graphql, useDo, useMay, useRows } from '../../api/index.js';
import { Empty, ErrorNote, PageHead, RoleNote } from '../../parts/index.js';
import { PolicyForm } from './policy-form.js';
import { ExportPolicies } from './queries.js';

const UpdateExportPolicy = graphql(`
  mutation UpdateExportPolicy($input: UpdateExportPolicyInput!) {
    updateExportPolicy(input: $input) {
      exportPolicy {
        id
      }
    }
  }
`);

export default function EditPolicyPage() {
  const { meshId = '', policyId = '' } = useParams();
  const navigate = useNavigate();
  const {
    rows,
    error: unread,
    isPending: isFirstPending,
    isLoadingMore,
  } = useRows(ExportPolicies, { meshId }, ({ mesh }) => mesh.exportPolicies);
  const { mutate, error, isPending } = useDo(UpdateExportPolicy);
  const mayChange = useMay('OPERATOR');
  const settings = `/meshes/${meshId}/settings`;
  const isReading = isFirstPending || isLoadingMore;
  const policy = rows.find(({ id }) => id === policyId);
  return (
    <>
      <PageHead
        title={policy ? `Export policy ${policy.name}` : 'Export policy'}
        above={[['Settings', settings]]}
        about="What it selects no longer is taken back by the clusters, and what it selects then is exported."
      />
      <ErrorNote error={unread} />
      {!mayChange && <RoleNote needs="OPERATOR" what="Changing export policies" />}
      {isReading && !unread && !policy && (
        <Skeleton height={320} role="status" aria-label="The policy is loading" />
      )}
      {mayChange && policy && (
        <PolicyForm
          key={policy.id}
          policy={policy}
          submitLabel="Save"
          error={error}
          isBusy={isPending}
          onSubmit={(input) =>
            mutate({ input: { id: policyId, ...input } }, { onSuccess: () => navigate(settings) })
          }
        />
      )}
      {!isReading && !unread && !policy && (
        <Empty title="There is no such policy">
          Somebody has deleted it. See <Link to={settings}>those there are</Link>.
        </Empty>
      )}
    </>
  );
}
