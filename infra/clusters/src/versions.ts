// What the Go modules in go/ pin, once more for the downloads and the flags; a spec compares the two.
export const kubernetesVersion = 'v1.36.3';
export const etcdVersion = 'v3.6.8';
export const helmVersion = 'v4.3.1';
export const kwokVersion = 'v0.8.0';
