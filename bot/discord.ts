/** Composition root of `npm run discord`: invite links, a check of everything that can be wrong, registration. */
import { parseConfig } from './config.ts';
import { checkDiscord, type Finding } from './platforms/discord/check-setup.ts';
import { toInviteLinks } from './platforms/discord/invite.ts';
import { registerCommands } from './platforms/discord/register-commands.ts';
import { createDiscordRest } from './platforms/discord/rest.ts';
import { readEnvironment } from './read-environment.ts';

const EXIT_CODES = { good: 0, found: 1, refused: 2 } as const;
const HELP = `npm run discord -- invite     links that bring the bot to a server or to your own account
npm run discord -- check      token, permissions, intents, commands, connection
npm run discord -- register   registers the commands where they have changed\n`;

function toLine({ isGood, text }: Finding): string {
  return `${isGood ? 'ok  ' : 'FAIL'}  ${text}`;
}

async function run(command: string | undefined): Promise<{ exitCode: number; output: string }> {
  if (command === undefined || !['invite', 'check', 'register'].includes(command)) {
    return { exitCode: EXIT_CODES.refused, output: HELP };
  }
  const parsed = parseConfig(readEnvironment());
  if (parsed.kind === 'refused')
    return { exitCode: EXIT_CODES.refused, output: `${parsed.message}\n` };
  const {
    DISCORD_TOKEN: token,
    DISCORD_API_URL: apiUrl,
    DISCORD_PUBLIC_KEY: publicKey,
  } = parsed.config;
  if (token === undefined) {
    const output =
      'DISCORD_TOKEN is not set; copy it from the "Bot" page of your application into .env.\n';
    return { exitCode: EXIT_CODES.refused, output };
  }
  const api = createDiscordRest({ token, apiUrl });
  const { findings, applicationId } = await checkDiscord(api, { publicKey });
  const lines = findings.map(toLine);
  if (applicationId !== undefined) {
    const links = toInviteLinks(applicationId);
    if (command === 'register') {
      const isNew = await registerCommands(api, applicationId);
      return {
        exitCode: EXIT_CODES.good,
        output: isNew
          ? 'The commands are registered now.\n'
          : 'The commands were registered already.\n',
      };
    }
    lines.push('', `To a server:       ${links.server}`, `To your account:   ${links.user}`);
  }
  const isGood = findings.every((finding) => finding.isGood);
  const exitCode = isGood ? EXIT_CODES.good : EXIT_CODES.found;
  return { exitCode, output: `${lines.join('\n')}\n` };
}

try {
  const { exitCode, output } = await run(process.argv[2]);
  process.stdout.write(output);
  process.exitCode = exitCode;
} catch (thrown) {
  process.stderr.write(`${thrown instanceof Error ? thrown.message : String(thrown)}\n`);
  process.exitCode = EXIT_CODES.found;
}
