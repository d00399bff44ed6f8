import { Anchor, Text, UnstyledButton } from '@mantine/core';
import type { ReactNode } from 'react';
import { counted } from '../../parts/index.js';
import { type BundleProblem, countOf } from './diagnostics.js';
import type { SourceFile } from './draft.js';

interface FileTreeProps {
  readonly files: readonly SourceFile[];
  readonly base: readonly SourceFile[];
  readonly removed: readonly string[];
  readonly problems: readonly BundleProblem[];
  readonly shown: string | undefined;
  onOpen(path: string): void;
  onRestore(path: string): void;
}

/** The files of the draft by folder, with what was done to each, and those it removed. */
export function FileTree(props: FileTreeProps) {
  const { files, base, removed, problems, shown, onOpen, onRestore } = props;
  const before = new Map(base.map((file) => [file.path, file.content]));
  const folderOf = (path: string): string => path.split('/').slice(0, -1).join('/');
  const folders = [...new Set([...files.map(({ path }) => path), ...removed].map(folderOf))].sort();
  const markOf = ({ path, content }: SourceFile): ReactNode => {
    const { errors, warnings } = countOf(problems, path);
    const old = before.get(path);
    const edit = old === undefined ? 'new' : old === content ? '' : 'edited';
    return (
      <>
        {edit !== '' && <span className="file-mark">{edit}</span>}
        {errors > 0 && <span className="file-mark bad">{counted(errors, 'error')}</span>}
        {errors === 0 && warnings > 0 && (
          <span className="file-mark warn">{counted(warnings, 'warning')}</span>
        )}
      </>
    );
  };
  return (
    <>
      {files.length + removed.length === 0 && (
        <Text size="sm" c="dimmed" p={4}>
          No files
        </Text>
      )}
      {folders.map((folder) => (
        <div key={folder}>
          {folder !== '' && <p className="file-folder">{folder}/</p>}
          <ul className="file-list">
            {files
              .filter(({ path }) => folderOf(path) === folder)
              .map((file) => (
                <li key={file.path}>
                  <UnstyledButton
                    className="file-link"
                    aria-current={file.path === shown ? 'true' : undefined}
                    onClick={() => onOpen(file.path)}
                  >
                    <span>{file.path.split('/').at(-1)}</span>
                    {markOf(file)}
                  </UnstyledButton>
                </li>
              ))}
            {removed
              .filter((path) => folderOf(path) === folder)
              .map((path) => (
                <li key={path} className="file-link">
                  <span className="file-gone">{path.split('/').at(-1)}</span>
                  <Anchor
                    component="button"
                    type="button"
                    size="xs"
                    onClick={() => onRestore(path)}
                  >
                    Restore
                  </Anchor>
                </li>
              ))}
          </ul>
        </div>
      ))}
    </>
  );
}
