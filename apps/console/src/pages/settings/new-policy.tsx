import { useNavigate, useParams } from 'react-router';
import { graphql, useDo, useMay } from '../../api/index.js';
import { PageHead, RoleNote } from '../../parts/index.js';
import { PolicyForm } from './policy-form.js';

const CreateExportPolicy = graphql(`
  mutation CreateExportPolicy($input: CreateExportPolicyInput!) {
    createExportPolicy(input: $input) {
      exportPolicy {
        id
      }
    }
  }
`);

export default function NewPolicyPage() {
  const { meshId = '' } = useParams();
  const navigate = useNavigate();
  const { mutate, error, isPending } = useDo(CreateExportPolicy);
  const settings = `/meshes/${meshId}/settings`;
  return (
    <>
      <PageHead
        title="New export policy"
        above={[['Settings', settings]]}
        about="Every cluster exports the services that it selects, from the moment it is made."
      />
      {useMay('OPERATOR') ? (
        <PolicyForm
          submitLabel="Make the policy"
          error={error}
          isBusy={isPending}
          onSubmit={(input) =>
            mutate({ input: { meshId, ...input } }, { onSuccess: () => navigate(settings) })
          }
        />
      ) : (
        <RoleNote needs="OPERATOR" what="Making export policies" />
      )}
    </>
  );
}
