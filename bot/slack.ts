/** Composition root of `npm run slack`: the manifest to paste, and a check of everything that can be wrong. */
import { parseConfig } from './config.ts';
import { checkSetup } from './platforms/slack/check-setup.ts';
import { toManifest } from './platforms/slack/manifest.ts';
import { createSendCall } from './platforms/slack/send-call.ts';
import { createSlackLog } from './platforms/slack/slack-log.ts';
import { readEnvironment } from './read-environment.ts';

const EXIT_CODES = { good: 0, found: 1, refused: 2 } as const;
const HELP = `npm run slack -- manifest         the app's manifest for Socket Mode, to paste at Slack
npm run slack -- manifest URL     the same for signed requests to the bot at this public https address
npm run slack -- check            tokens, scopes, connection\n`;

interface Answer {
  exitCode: number;
  output: string;
}

const SILENT = createSlackLog({ info: () => {}, warn: () => {}, error: () => {} });

function printManifest(address: string | undefined): Answer {
  if (address !== undefined && (!URL.canParse(address) || !address.startsWith('https://'))) {
    const output = `"${address}" is no address that Slack can reach; write one that begins with https://.\n`;
    return { exitCode: EXIT_CODES.refused, output };
  }
  return { exitCode: EXIT_CODES.good, output: `${JSON.stringify(toManifest(address), null, 2)}\n` };
}

async function check(): Promise<Answer> {
  const parsed = parseConfig(readEnvironment());
  if (parsed.kind === 'refused') return refuse(parsed.message);
  const {
    SLACK_BOT_TOKEN: botToken,
    SLACK_APP_TOKEN: appToken,
    SLACK_API_URL: apiUrl,
    SLACK_SIGNING_SECRET: signingSecret,
  } = parsed.config;
  if (botToken === undefined) {
    return refuse('SLACK_BOT_TOKEN is not set; copy it from "OAuth & Permissions" into .env.');
  }
  const findings = await checkSetup({
    sendAsBot: createSendCall({ apiUrl, token: botToken, log: SILENT }),
    sendAsApp:
      appToken === undefined ? undefined : createSendCall({ apiUrl, token: appToken, log: SILENT }),
    hasSigningSecret: signingSecret !== undefined,
  });
  const lines = findings.map(({ isGood, text }) => `${isGood ? 'ok  ' : 'FAIL'}  ${text}\n`);
  const isGood = findings.every((finding) => finding.isGood);
  return { exitCode: isGood ? EXIT_CODES.good : EXIT_CODES.found, output: lines.join('') };
}

const refuse = (sentence: string): Answer => ({
  exitCode: EXIT_CODES.refused,
  output: `${sentence}\n`,
});

async function run(command: string | undefined, address: string | undefined): Promise<Answer> {
  if (command === 'manifest') return printManifest(address);
  if (command === 'check') return check();
  return { exitCode: EXIT_CODES.refused, output: HELP };
}

const { exitCode, output } = await run(process.argv[2], process.argv[3]);
process.stdout.write(output);
process.exitCode = exitCode;
