/** The environment, with a `.env` file beside package.json added where there is one. What is set already wins. */

export function readEnvironment(): NodeJS.ProcessEnv {
  try {
    process.loadEnvFile();
  } catch (thrown) {
    // Most people have no such file.
    if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT')) throw thrown;
  }
  return process.env;
}
