import type { WidgetCatalogue, WidgetDefinition } from '../flow/widget.js';
import { answer } from './answer.js';
import { collect } from './collect.js';
import { condition } from './condition/condition.js';
import { counter } from './counter.js';
import { delay } from './delay.js';
import { functionWidget } from './function/function.js';
import { hangup } from './hangup.js';
import { menu } from './menu.js';
import { operation } from './operation/operation.js';
import { play } from './play.js';
import { resetCounter } from './reset-counter.js';
import { set } from './set.js';
import { startRecording } from './start-recording.js';
import { stopRecording } from './stop-recording.js';
import { timeCondition } from './time-condition/time-condition.js';
import { webhook } from './webhook/webhook.js';

/** A widget whose configuration type is no longer known; its own schema has parsed whatever reaches it. */
function erased<C>(definition: WidgetDefinition<C>): WidgetDefinition {
  return definition as WidgetDefinition;
}

const widgets: readonly WidgetDefinition[] = [
  erased(answer),
  erased(play),
  erased(menu),
  erased(collect),
  erased(webhook),
  erased(functionWidget),
  erased(condition),
  erased(timeCondition),
  erased(set),
  erased(operation),
  erased(counter),
  erased(resetCounter),
  erased(delay),
  erased(startRecording),
  erased(stopRecording),
  erased(hangup),
];

/** Every widget type Offhook has, in the order of the reference page. */
export const widgetCatalogue: WidgetCatalogue = new Map(widgets.map((definition) => [definition.type, definition]));
