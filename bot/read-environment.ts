/** The environment, with a `.env` file beside package.json added where there is one. What is set already wins. */

/** Throws an Error whose message is a sentence when the file is there and cannot be read. */
export function readEnvironment(): NodeJS.ProcessEnv {
  try {
    process.loadEnvFile();
  } catch (thrown) {
    const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : 'unknown';
    // Most people have no such file.
    if (code !== 'ENOENT') {
      throw new Error(`.env cannot be read (${code}); make it a readable file, or remove it.`, {
        cause: thrown,
      });
    }
  }
  return process.env;
}
