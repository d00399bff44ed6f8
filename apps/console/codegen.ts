import type { CodegenConfig } from '@graphql-codegen/cli';

/** Typed operations out of the SDL. As texts, so that no GraphQL parser goes to the browser. */
export default {
  schema: '../api/schema.graphql',
  documents: ['src/**/*.{ts,tsx}', '!src/api/generated/**'],
  ignoreNoDocuments: true,
  generates: {
    'src/api/generated/': {
      preset: 'client',
      presetConfig: { fragmentMasking: false },
      config: {
        documentMode: 'string',
        useTypeImports: true,
        scalars: { DateTime: 'string' },
        enumType: 'string-literal',
        enumsAsTypes: true,
        strictScalars: true,
      },
    },
  },
} satisfies CodegenConfig;
