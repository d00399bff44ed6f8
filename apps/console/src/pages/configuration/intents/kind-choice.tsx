import { Text } from '@mantine/core';
import { Link } from 'react-router';
import { PageHead } from '../../../parts/index.js';
import { intentKinds } from './kinds.js';

/** The kinds of intents, each by the question that it answers. */
export function KindChoice({ home }: { readonly home: string }) {
  return (
    <>
      <PageHead
        title="New intent"
        about="What you want of the mesh, in your words. It is compiled to Istio’s own objects, which you see before anything is released."
        above={[['Configuration', home]]}
      />
      <div className="intent-kinds">
        {intentKinds.map(({ kind, title, question, becomes }) => (
          <Link key={kind} to={`?kind=${kind}`} className="intent-kind">
            <Text fw={600} component="h2" size="md" m={0}>
              {title}
            </Text>
            <Text size="sm">{question}.</Text>
            <Text size="xs" c="dimmed" mt={6}>
              {kind}, which becomes {becomes}
            </Text>
          </Link>
        ))}
      </div>
    </>
  );
}
