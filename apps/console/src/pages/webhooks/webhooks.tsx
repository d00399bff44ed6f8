import { Anchor, Button, Text } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { Link } from 'react-router';
import { graphql, useMay, useRows } from '../../api/index.js';
import { Empty, PageHead, RoleNote, Rows, Status, Time } from '../../parts/index.js';
import { standingOf, typesInWords } from './standing.js';

const Webhooks = graphql(`
  query Webhooks($first: Int, $after: String) {
    organization {
      id
      webhooks(first: $first, after: $after) {
        edges {
          node {
            id
            name
            url
            types
            disabledAt
            failingSince
            createdAt
            mesh {
              id
              name
            }
          }
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
  }
`);

/** Whom the organization has told of its events. */
export default function WebhooksPage() {
  const maySee = useMay('OPERATOR');
  const mayMake = useMay('ADMIN');
  const rows = useRows(Webhooks, {}, ({ organization }) => organization.webhooks, {
    enabled: maySee,
  });
  return (
    <>
      <PageHead
        title="Webhooks"
        about="Other programs are told what happens here: signed, tried again for a day, sent again when asked."
      >
        {mayMake && (
          <Button
            component={Link}
            to="/webhooks/new"
            leftSection={<IconPlus size={16} aria-hidden />}
          >
            New webhook
          </Button>
        )}
      </PageHead>
      {maySee ? (
        <Rows
          label="Webhooks"
          of={rows}
          keyOf={({ id }) => id}
          columns={[
            {
              key: 'name',
              title: 'Name',
              width: 'minmax(200px, 2fr)',
              value: ({ name, url }) => `${name} ${url}`,
              cell: ({ id, name, url }) => (
                <>
                  <Anchor component={Link} to={id} size="sm" fw={600}>
                    {name}
                  </Anchor>
                  <Text size="xs" c="dimmed" className="break">
                    {new URL(url).host}
                  </Text>
                </>
              ),
            },
            {
              key: 'state',
              title: 'State',
              value: (webhook) => standingOf(webhook)[0],
              cell: (webhook) => {
                const [word, tone] = standingOf(webhook);
                return <Status tone={tone}>{word}</Status>;
              },
            },
            {
              key: 'types',
              title: 'Told of',
              width: 'minmax(160px, 2fr)',
              value: ({ types }) => typesInWords(types),
              cell: ({ types }) => <Text size="sm">{typesInWords(types)}</Text>,
            },
            {
              key: 'mesh',
              title: 'Mesh',
              value: ({ mesh }) => mesh?.name ?? 'all',
              cell: ({ mesh }) => mesh?.name ?? 'all',
            },
            {
              key: 'made',
              title: 'Made',
              value: ({ createdAt }) => Date.parse(createdAt),
              cell: ({ createdAt }) => <Time at={createdAt} />,
            },
          ]}
          empty={
            <Empty
              title="No webhooks"
              action={
                mayMake && (
                  <Button component={Link} to="/webhooks/new" mt="xs">
                    Make the first webhook
                  </Button>
                )
              }
            >
              A chat, a pager or a pipeline can be told of halted rollouts, clusters out of contact
              and drift.
            </Empty>
          }
        />
      ) : (
        <RoleNote needs="OPERATOR" what="Seeing webhooks" />
      )}
    </>
  );
}
