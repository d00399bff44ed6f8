import { Archive, assertFree } from '../bug-report/archive.js';
import { collectCluster } from '../bug-report/cluster.js';
import { KubeReader } from '../bug-report/kube.js';
import { collectPlane } from '../bug-report/plane.js';
import { openSession } from '../session.js';
import { note, print } from '../terminal.js';
import { version } from '../version.js';
import type { Program } from './command.js';

export function bugReportCommand(program: Program): void {
  program.command(
    'bug-report',
    'Put together what helps to find out what is wrong',
    (it) =>
      it
        .usage(
          '$0 bug-report\n\nPut together in one archive what the API tells of the mesh and, with a kubeconfig, what a cluster tells of the agent, of what it wrote, and of istiod. Data of Secrets, keys, certificates and tokens are masked. Look through it before you send it: names of services, hosts and clusters are in it.',
        )
        .option('output', {
          alias: 'o',
          type: 'string',
          describe: 'Where to; isthmus-bug-report-<time>.tgz unless said',
        })
        .option('kubeconfig', {
          type: 'string',
          describe: 'Of the cluster to look into; none unless said, or --context is',
        })
        .option('context', {
          type: 'string',
          describe: 'Of the kubeconfig; its current one unless said',
        })
        .option('plane', {
          type: 'boolean',
          default: true,
          describe: 'Ask the API; --no-plane leaves that out, for when it cannot be reached',
        }),
    async ({ output, kubeconfig, context, plane, ...globals }) => {
      const madeAt = new Date().toISOString();
      const file = output ?? `isthmus-bug-report-${madeAt.replace(/[:.]/g, '-')}.tgz`;
      await assertFree(file);
      const isKubeWanted = kubeconfig !== undefined || context !== undefined;
      const kube = isKubeWanted ? await KubeReader.open(kubeconfig, context) : undefined;
      const session = plane ? await openSession(globals) : undefined;
      const archive = await Archive.open();
      try {
        if (session) {
          // Whose mesh is not clear is to say so, and not to be told of in the manifest.
          const { name } = await session.mesh();
          note(`asking ${session.endpoint} of the mesh ${name}`);
          await collectPlane(session, archive);
        }
        if (kube) {
          note(`looking into ${kube.context}`);
          await collectCluster(kube, archive);
        }
        const head = {
          madeAt,
          cli: version,
          node: process.version,
          platform: `${process.platform}/${process.arch}`,
          endpoint: session?.endpoint ?? null,
          context: kube?.context ?? null,
        };
        const { files, leftOut } = await archive.write(file, head);
        print(file);
        note(
          `${files} files${leftOut > 0 ? `; ${leftOut} things are not in it, see manifest.json` : ''}`,
        );
      } finally {
        await archive.close();
      }
    },
  );
}
