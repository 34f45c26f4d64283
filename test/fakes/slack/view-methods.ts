/** views.* of the fake: a modal is opened by a fresh trigger, once, and at most three lie on each other. */
import { ApiError, checkView, need, type ApiMethod } from './api-call.ts';
import type { Triggers } from './triggers.ts';
import type { SlackView, SlackWorkspace } from './workspace.ts';

const STACK_MAX = 3;

export function createViewMethods(
  workspace: SlackWorkspace,
  triggers: Triggers,
): Record<string, ApiMethod> {
  const show = (call: Record<string, string>, isPush: boolean): Record<string, unknown> => {
    const userId = triggers.use(need(call, 'trigger_id'));
    const view = checkView(workspace, need(call, 'view'), 'modal');
    const stack = workspace.modals.get(userId) ?? [];
    if (isPush && stack.length >= STACK_MAX) {
      workspace.violate('more than three modals on each other');
      throw new ApiError('push_limit_reached');
    }
    const opened: SlackView = { id: workspace.nextId('V'), userId, kind: 'modal', view };
    workspace.modals.set(userId, isPush ? [...stack, opened] : [opened]);
    return { view: { id: opened.id, ...view } };
  };
  return {
    'views.open': (call) => show(call, false),
    'views.push': (call) => show(call, true),
    'views.update': (call) => {
      const opened = [...workspace.modals.values()].flat().find(({ id }) => id === call['view_id']);
      if (opened === undefined) throw new ApiError('not_found');
      opened.view = checkView(workspace, need(call, 'view'), 'modal');
      return { view: { id: opened.id, ...opened.view } };
    },
    'views.publish': (call) => {
      const userId = need(call, 'user_id');
      if (!workspace.users.has(userId)) throw new ApiError('user_not_found');
      const view = checkView(workspace, need(call, 'view'), 'home');
      const home: SlackView = { id: workspace.nextId('V'), userId, kind: 'home', view };
      workspace.homes.set(userId, home);
      return { view: { id: home.id, ...view } };
    },
  };
}
