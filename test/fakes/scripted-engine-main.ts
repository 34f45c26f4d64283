/** The scripted engine as a process of its own. Its argument is ScriptedEngineOptions as JSON. */
import pino from 'pino';
import { serveEngine } from '../../gpu-function/worker/serve-engine.ts';
import { createScriptedSetup, type ScriptedEngineOptions } from './scripted-engine.ts';

const options = JSON.parse(process.argv[2] ?? '{}') as ScriptedEngineOptions;
await serveEngine(createScriptedSetup(options), pino({ level: 'silent' }));
