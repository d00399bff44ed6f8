import type { CodegenConfig } from '@graphql-codegen/cli';

/** Typed operations out of the SDL, which is all that the command line knows of the API. */
export default {
  schema: '../api/schema.graphql',
  documents: ['src/**/*.ts', '!src/api/generated/**'],
  ignoreNoDocuments: true,
  importExtension: '.js',
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
