import { describe, expect, it } from 'vitest';
import { menu } from '../../../src/widgets/menu.js';
import { exitsOf, failed, FakeWidget, problemsOf } from '../../support/fake-widget-context.js';

const config = { prompt: [{ say: 'Main' }], keys: { '1': 'Sales', '2': 'Support', '*': 'Back' } };
const say = (text: string) => [{ say: text }];
const silence = { kind: 'noInput' } as const;

describe('menu: keys', () => {
  it('make one exit each, beside noInput, invalid and failed', () => {
    expect(exitsOf(menu, config)).toEqual(['1', '2', '*', 'noInput', 'invalid', 'failed']);
  });

  it('are 0-9, * and #, at least one, with a name', () => {
    expect(problemsOf(menu, { keys: {} })).toHaveLength(1);
    expect(problemsOf(menu, { keys: { A: 'x' } })).toHaveLength(1);
    expect(problemsOf(menu, { keys: { '12': 'x' } })).toHaveLength(1);
    expect(problemsOf(menu, { keys: { '1': '' } })).toHaveLength(1);
    expect(problemsOf(menu, { keys: { '0': 'a', '*': 'b', '#': 'c' } })).toEqual([]);
  });
});

describe('menu: prompt, timeout, bargeIn, level', () => {
  it('asks for one key, waits 5 s by default, and a key cuts the prompt', async () => {
    const widget = new FakeWidget({ collect: ['1'] });
    await widget.run(menu, config);
    expect(widget.collects[0]).toMatchObject({
      prompt: [{ kind: 'say', text: 'Main' }],
      min: 1,
      max: 1,
      firstDigitTimeoutMs: 5000,
      bargeIn: true,
      typeAhead: true,
      level: 0,
      mask: false,
    });
  });

  it('takes no key from before when the prompt must be heard', async () => {
    const widget = new FakeWidget({ collect: ['1'] });
    await widget.run(menu, { ...config, bargeIn: false, timeout: 9, level: 1 });
    expect(widget.collects[0]).toMatchObject({ bargeIn: false, typeAhead: false, firstDigitTimeoutMs: 9000, level: 1 });
  });

  it('works without a prompt', async () => {
    const widget = new FakeWidget({ collect: ['#'] });
    expect(await widget.run(menu, { keys: { '#': 'Finish' } })).toBe('#');
    expect(widget.collects[0]?.prompt).toEqual([]);
  });

  it.each([{ timeout: 0 }, { timeout: 301 }, { retries: -1 }, { retries: 11 }, { retries: 1.5 }])('refuses %j', (fields) => {
    expect(problemsOf(menu, { ...config, ...fields })).toHaveLength(1);
  });
});

describe('menu: retries and prompts per try', () => {
  it('asks three times by default', async () => {
    const widget = new FakeWidget();
    expect(await widget.run(menu, config)).toBe('noInput');
    expect(widget.asked).toEqual(['Main', 'Main', 'Main']);
    expect(widget.result).toEqual({ tries: 3 });
  });

  it('asks once with retries 0', async () => {
    const widget = new FakeWidget();
    await widget.run(menu, { ...config, retries: 0 });
    expect(widget.collects).toHaveLength(1);
  });

  it('says the prompt of the try and what went wrong, then the menu again', async () => {
    const widget = new FakeWidget({ collect: [silence, '9', '8', silence] });
    await widget.run(menu, {
      ...config,
      retries: 3,
      noInputPrompts: [say('Nothing 1'), say('Nothing 2')],
      invalidPrompts: [say('Wrong 1'), say('Wrong 2')],
    });
    expect(widget.asked).toEqual(['Main', 'Nothing 1 | Main', 'Wrong 2 | Main', 'Wrong 2 | Main']);
  });

  it('says the prompt of the try alone when repeatPrompt is off', async () => {
    const widget = new FakeWidget({ collect: [silence, '1'] });
    await widget.run(menu, { ...config, noInputPrompts: [say('Press 1 or 2')], repeatPrompt: false });
    expect(widget.asked).toEqual(['Main', 'Press 1 or 2']);
  });

  it('takes keys pressed ahead for the first try only', async () => {
    const widget = new FakeWidget({ collect: ['9', '1'] });
    await widget.run(menu, config);
    expect(widget.collects.map(({ typeAhead }) => typeAhead)).toEqual([true, false]);
  });

  it('offers all prompts for rendering ahead', () => {
    const parsed = menu.config.parse({ ...config, noInputPrompts: [say('a')], invalidPrompts: [say('b')] });
    expect(menu.prompts?.(parsed)).toEqual([say('Main'), say('a'), say('b')]);
  });
});

describe('menu: saveIn', () => {
  it('keeps the key in a variable and counts as declared', async () => {
    const widget = new FakeWidget({ collect: ['2'] });
    await widget.run(menu, { ...config, saveIn: '$flow.key.choice' });
    expect(widget.vars.get('$flow.key.choice')).toBe('2');
    expect(menu.writes?.(menu.config.parse({ ...config, saveIn: '$flow.key.choice' }))).toEqual(['$flow.key.choice']);
    expect(menu.writes?.(menu.config.parse(config))).toEqual([]);
  });
});

describe('menu: exits', () => {
  it('the key pressed, with its name and the number of tries', async () => {
    const widget = new FakeWidget({ collect: ['7', '*'] });
    expect(await widget.run(menu, config)).toBe('*');
    expect(widget.result).toEqual({ key: '*', choice: 'Back', tries: 2 });
  });

  it('noInput when the last try heard nothing', async () => {
    expect(await new FakeWidget({ collect: ['9', '9', silence] }).run(menu, config)).toBe('noInput');
  });

  it('invalid when the last try got a key that is not offered', async () => {
    expect(await new FakeWidget({ collect: [silence, silence, '9'] }).run(menu, config)).toBe('invalid');
  });

  it('is not fooled by a key that names an inherited property', async () => {
    const widget = new FakeWidget({ collect: ['constructor', '1'] });
    expect(await widget.run(menu, config)).toBe('1');
    expect(widget.collects).toHaveLength(2);
  });

  it('failed at once when a prompt cannot be played', async () => {
    const widget = new FakeWidget({ collect: [failed('SPEECH_FAILED')] });
    expect(await widget.run(menu, config)).toBe('failed');
    expect(widget.collects).toHaveLength(1);
    expect(widget.result).toMatchObject({ error: 'SPEECH_FAILED' });
  });
});
