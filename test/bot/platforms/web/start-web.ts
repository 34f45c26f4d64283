/** A running page over the scripted service, on a free port of 127.0.0.1. */
import { createWebPlatform, type WebPlatform } from '../../../../bot/platforms/web/adapter.ts';
import { startWebServer } from '../../../../bot/platforms/web/server.ts';
import { createSilentLogger } from '../../../fakes/silent-logger.ts';
import { ScriptedImagineService } from '../../../fakes/scripted-imagine-service.ts';

export interface RunningWeb {
  url: string;
  port: number;
  web: WebPlatform;
  service: ScriptedImagineService;
  close(): Promise<void>;
}

export async function startWeb(
  options: { stepMs?: number; steps?: number; heartbeatMs?: number; allowedHosts?: string[] } = {},
): Promise<RunningWeb> {
  const { stepMs = 5, steps = 8, ...platformOptions } = options;
  const clock = { nowMs: () => Date.now() };
  const web = createWebPlatform({ clock, logger: createSilentLogger(), ...platformOptions });
  const service = new ScriptedImagineService({ platform: web.platform, stepMs, steps });
  const app = web.createApp(service);
  const server = await startWebServer({ app, host: '127.0.0.1', port: 0, isPortFixed: true });
  return {
    ...server,
    web,
    service,
    async close() {
      await service.stop();
      web.close();
      await server.close();
    },
  };
}
