/** An error that nobody handles leaves a process in a state that nobody knows: it is logged, and the process ends. */

export interface FatalLogger {
  fatal(fields: Record<string, unknown>, message: string): void;
}

const EXIT_CODE_BROKEN = 70;

/** Whoever started this process sees the exit code and starts another; jobs that are lost are sent again. */
export function endOnUnhandledErrors(logger: FatalLogger): void {
  const end = (error: unknown) => {
    logger.fatal({ err: error }, 'An error that nobody handled: the process ends');
    process.exit(EXIT_CODE_BROKEN);
  };
  process.on('uncaughtException', end);
  process.on('unhandledRejection', end);
}
