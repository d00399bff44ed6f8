import { Button, CopyButton, Group, SegmentedControl, Stack, Text } from '@mantine/core';
import { IconCopy, IconDownload } from '@tabler/icons-react';
import type { ReleaseForm } from '../../api/generated/graphql.js';
import { graphql, useApi } from '../../api/index.js';
import { ErrorNote, Panel, useAddress, Waiting } from '../../parts/index.js';
import { Fold } from './changes.js';

const Files = graphql(`
  query ReleaseFiles($id: ID!, $form: ReleaseForm!) {
    node(id: $id) {
      id
      ... on Release {
        files(form: $form) {
          path
          content
        }
      }
    }
  }
`);

interface ReleaseFilesProps {
  readonly id: string;
  readonly number: number;
}

/** A release as the folder it was written as, or compiled; either can be applied again. */
export function ReleaseFiles({ id, number }: ReleaseFilesProps) {
  const [params, setAddress] = useAddress();
  const form: ReleaseForm = params.get('form') === 'compiled' ? 'COMPILED' : 'WRITTEN';
  const { data, error } = useApi(Files, { id, form }, { keep: true });
  const node = data?.node;
  const files = node && 'files' in node ? node.files : undefined;
  return (
    <Panel
      title="Files"
      actions={
        <SegmentedControl
          aria-label="Form of the files"
          value={form}
          onChange={(value) => setAddress({ form: value === 'COMPILED' ? 'compiled' : '' })}
          data={[
            { value: 'WRITTEN', label: 'As written' },
            { value: 'COMPILED', label: 'Compiled' },
          ]}
        />
      }
    >
      <Text size="sm" c="dimmed" mb="sm">
        {form === 'WRITTEN'
          ? 'With the intents as they are.'
          : 'Istio’s and the Gateway API’s kinds only, for any tool that applies YAML.'}
      </Text>
      <ErrorNote error={error} />
      {!data && !error && <Waiting>Reading the files</Waiting>}
      <Stack gap={6}>
        {files?.map(({ path, content }) => (
          <Fold
            key={path}
            isOpen={files.length === 1}
            title={
              <Text component="span" size="sm" ff="monospace" className="break">
                {path}
              </Text>
            }
          >
            <Group gap="xs" mb="xs">
              <CopyButton value={content} timeout={3000}>
                {({ copied, copy }) => (
                  <Button
                    size="xs"
                    variant="default"
                    leftSection={<IconCopy size={14} />}
                    onClick={copy}
                  >
                    {copied ? 'Copied' : 'Copy'}
                  </Button>
                )}
              </CopyButton>
              <Button
                size="xs"
                variant="default"
                leftSection={<IconDownload size={14} />}
                onClick={() => download(path.split('/').at(-1) ?? path, content)}
              >
                Download
              </Button>
            </Group>
            <section
              className="yaml-source"
              // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
              tabIndex={0}
              aria-label={`${path} of release ${number}`}
            >
              {content}
            </section>
          </Fold>
        ))}
        {files?.length === 0 && (
          <Text size="sm" c="dimmed">
            The release holds no files: it takes everything away that others brought.
          </Text>
        )}
      </Stack>
    </Panel>
  );
}

function download(name: string, content: string): void {
  const url = URL.createObjectURL(new Blob([content], { type: 'application/yaml' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The browser has its own hold on it once the download began.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
