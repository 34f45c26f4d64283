/** The container's health check. DEFUNCT is the one state that a restart may mend: loading a large model may take minutes. */

const { PORT = '8090' } = process.env;

try {
  const response = await fetch(`http://127.0.0.1:${PORT}/health`);
  const { status } = (await response.json()) as { status: string };
  process.exitCode = status === 'DEFUNCT' ? 1 : 0;
} catch {
  process.exitCode = 1;
}
