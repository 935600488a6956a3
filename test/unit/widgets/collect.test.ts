import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { collect } from '../../../src/widgets/collect.js';
import { exitsOf, failed, FakeWidget, problemsOf } from '../../support/fake-widget-context.js';

const saveIn = '$flow.key.order';
const config = { saveIn, prompt: [{ say: 'Number?' }] };
const say = (text: string) => [{ say: text }];
const silence = { kind: 'noInput' } as const;
const tooShort = { kind: 'tooShort', digits: '1', endedBy: 'timeout', keys: [] } as const;

describe('collect: saveIn', () => {
  it('keeps the digits as text, with leading zeros', async () => {
    const widget = new FakeWidget({ collect: ['0042'] });
    await widget.run(collect, config);
    expect(widget.vars.get(saveIn)).toBe('0042');
  });

  it.each(['$flow.key.{my order}', '$user.key.pin', '$ORDER', '$flow.syskey.x'])('may be %s', (name) => {
    expect(problemsOf(collect, { saveIn: name })).toEqual([]);
  });

  it.each(['order', '$call.cli', '$sys.date', '$secret.x', '$flow.key.a b', '$flow.key.', '$INPUT', 'x $flow.key.a'])(
    'may not be %s',
    (name) => {
      expect(problemsOf(collect, { saveIn: name })).toHaveLength(1);
    },
  );
});

describe('collect: digits', () => {
  it('has the documented defaults', async () => {
    const widget = new FakeWidget({ collect: ['1'] });
    await widget.run(collect, config);
    expect(widget.collects[0]).toMatchObject({
      min: 1,
      max: 20,
      endOn: '#',
      allow: '',
      firstDigitTimeoutMs: 5000,
      interDigitTimeoutMs: 3000,
      typeAhead: true,
      bargeIn: true,
      mask: false,
    });
  });

  it('passes its settings on', async () => {
    const widget = new FakeWidget({ collect: ['1234'] });
    const digits = { min: 4, max: 8, endOn: '*', allow: '1234', firstDigitTimeout: 10, interDigitTimeout: 1.5 };
    await widget.run(collect, { ...config, digits });
    expect(widget.collects[0]).toMatchObject({
      min: 4,
      max: 8,
      endOn: '*',
      allow: '1234',
      firstDigitTimeoutMs: 10_000,
      interDigitTimeoutMs: 1500,
    });
  });

  it.each([
    { min: -1 },
    { max: 0 },
    { max: 65 },
    { min: 5, max: 4 },
    { endOn: 'x' },
    { interDigitTimeout: 0.5 },
    { interDigitTimeout: 11 },
    { firstDigitTimeout: 0 },
    { length: 4 },
  ])('refuses %j', (digits) => {
    expect(problemsOf(collect, { ...config, digits })).toHaveLength(1);
  });
});

// docs/behaviour.md#widget-collect
describe('collect: retries and prompts per try', () => {
  it('asks again with the prompts of the try', async () => {
    const widget = new FakeWidget({ collect: [silence, tooShort, '55'] });
    const exit = await widget.run(collect, { ...config, noInputPrompts: [say('Hello?')], invalidPrompts: [say('Too short.')] });
    expect(exit).toBe('collected');
    expect(widget.asked).toEqual(['Number?', 'Hello? | Number?', 'Too short. | Number?']);
    expect(widget.result).toEqual({ digits: '55', endedBy: 'terminator', tries: 3 });
  });

  it('listens without a prompt', async () => {
    const widget = new FakeWidget({ collect: ['9'] });
    expect(await widget.run(collect, { saveIn })).toBe('collected');
    expect(widget.collects[0]?.prompt).toEqual([]);
  });
});

describe('collect: skipIfFilled', () => {
  it('leaves by collected without asking when there is a value', async () => {
    const widget = new FakeWidget();
    widget.vars.set(saveIn, '77');
    expect(await widget.run(collect, { ...config, skipIfFilled: true })).toBe('collected');
    expect(widget.collects).toEqual([]);
    expect(widget.vars.get(saveIn)).toBe('77');
  });

  it.each([null, ''])('asks when the value is %j', async (value) => {
    const widget = new FakeWidget({ collect: ['1'] });
    widget.vars.set(saveIn, value);
    await widget.run(collect, { ...config, skipIfFilled: true });
    expect(widget.collects).toHaveLength(1);
  });

  it('asks anyway when it is off', async () => {
    const widget = new FakeWidget({ collect: ['1'] });
    widget.vars.set(saveIn, '77');
    await widget.run(collect, config);
    expect(widget.vars.get(saveIn)).toBe('1');
  });
});

describe('collect: mask', () => {
  it('asks for secret digits and stores them masked, out of the result', async () => {
    const widget = new FakeWidget({ collect: ['4711'] });
    await widget.run(collect, { ...config, mask: true });
    expect(widget.collects[0]?.mask).toBe(true);
    expect(widget.changes).toMatchObject([{ kind: 'set', masked: true }]);
    expect(JSON.stringify(widget.result)).not.toContain('4711');
    expect(widget.vars.get(saveIn)).toBe('4711');
  });

  it('reads secret digits back privately', async () => {
    const widget = new FakeWidget({ collect: ['4711', '1'] });
    await widget.run(collect, { ...config, mask: true, confirm: {} });
    const said = widget.collects[1]?.prompt ?? [];
    expect(said.map((segment) => segment.kind === 'say' && segment.private === true)).toEqual([false, true, false]);
  });
});

describe('collect: validate', () => {
  it('takes only input that matches the whole pattern', async () => {
    const widget = new FakeWidget({ collect: ['12', '1234', '9123'] });
    expect(await widget.run(collect, { ...config, validate: { pattern: '9\\d{3}' } })).toBe('collected');
    expect(widget.vars.get(saveIn)).toBe('9123');
  });

  it('matches the whole input also with a choice in the pattern', async () => {
    const widget = new FakeWidget({ collect: ['129', '12'] });
    await widget.run(collect, { ...config, validate: { pattern: '12|34' } });
    expect(widget.vars.get(saveIn)).toBe('12');
  });

  it('refuses a pattern that cannot run in linear time', () => {
    expect(problemsOf(collect, { ...config, validate: { pattern: '(a)\\1' } })).toHaveLength(1);
    expect(problemsOf(collect, { ...config, validate: { pattern: '(' } })).toHaveLength(1);
  });

  it.each([
    ['4539578763621486', 'collected'],
    ['79927398713', 'collected'],
    ['79927398710', 'missed'],
    ['4539578763621487', 'missed'],
    ['0', 'missed'],
    ['18*', 'missed'],
  ])('luhn: %s leads to %s', async (digits, exit) => {
    expect(await new FakeWidget({ collect: [digits] }).run(collect, { ...config, retries: 0, validate: { luhn: true } })).toBe(
      exit,
    );
  });
});

describe('collect: luhn', () => {
  const passes = async (digits: string): Promise<boolean> => {
    const widget = new FakeWidget({ collect: [digits] });
    return (await widget.run(collect, { ...config, retries: 0, validate: { luhn: true } })) === 'collected';
  };

  it('exactly one check digit fits any number, so that one wrong digit never passes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.stringMatching(/^\d{1,30}$/), async (digits) => {
        const fitting = [];
        for (const check of '0123456789') if (await passes(digits + check)) fitting.push(check);
        expect(fitting).toHaveLength(1);
      }),
      { numRuns: 30 },
    );
  });
});

describe('collect: confirm', () => {
  it('reads the digits back and stores them once accepted', async () => {
    const widget = new FakeWidget({ collect: ['42', '1'] });
    expect(await widget.run(collect, { ...config, confirm: {} })).toBe('collected');
    expect(widget.asked[1]).toMatch(/^You entered \| .+ \| If this is correct press 1\. To enter it again press 2\.$/);
    expect(widget.collects[1]).toMatchObject({ min: 1, max: 1, allow: '12', typeAhead: true, mask: false });
    expect(widget.vars.get(saveIn)).toBe('42');
  });

  it('asks again without complaint when the caller rejects, and stores nothing before', async () => {
    const widget = new FakeWidget({ collect: ['42', '2', '43', '1'] });
    await widget.run(collect, { ...config, invalidPrompts: [say('Wrong.')], confirm: {} });
    expect(widget.asked[2]).toBe('Number?');
    expect(widget.changes).toMatchObject([{ value: '43' }]);
  });

  it('repeats the read-back on silence', async () => {
    const widget = new FakeWidget({ collect: ['42', silence, silence, '1'] });
    expect(await widget.run(collect, { ...config, confirm: {} })).toBe('collected');
    expect(widget.asked[3]).toBe(widget.asked[1]);
  });

  it('uses its own prompts and keys', async () => {
    const widget = new FakeWidget({ collect: ['42', '*', '43', '#'] });
    const confirm = { before: say('Sie haben'), after: say('Raute oder Stern.'), accept: '#', reject: '*' };
    expect(await widget.run(collect, { ...config, confirm })).toBe('collected');
    expect(widget.asked[1]).toMatch(/^Sie haben \| .* \| Raute oder Stern\.$/);
    expect(problemsOf(collect, { ...config, confirm: { ...confirm, reject: '#' } })).toHaveLength(1);
  });

  it('missed when every try was rejected', async () => {
    const widget = new FakeWidget({ collect: ['1', '2', '1', '2', '1', '2'] });
    expect(await widget.run(collect, { ...config, confirm: {} })).toBe('missed');
    expect(widget.vars.get(saveIn)).toBeUndefined();
  });

  it('failed when the read-back cannot be played', async () => {
    const widget = new FakeWidget({ collect: ['1', failed('SPEECH_FAILED')] });
    expect(await widget.run(collect, { ...config, confirm: {} })).toBe('failed');
  });
});

describe('collect: exits', () => {
  it('are collected, noInput, missed and failed', () => {
    expect(exitsOf(collect, config)).toEqual(['collected', 'noInput', 'missed', 'failed']);
  });

  it('noInput when the last try heard nothing', async () => {
    expect(await new FakeWidget({ collect: [tooShort, tooShort] }).run(collect, config)).toBe('noInput');
  });

  it('missed when the last input was too short', async () => {
    expect(await new FakeWidget({ collect: [silence, silence, tooShort] }).run(collect, config)).toBe('missed');
  });

  it('failed with the code when a prompt cannot be played', async () => {
    const widget = new FakeWidget({ collect: [failed('PROMPT_NOT_FOUND')] });
    expect(await widget.run(collect, config)).toBe('failed');
    expect(widget.result).toMatchObject({ error: 'PROMPT_NOT_FOUND' });
  });
});
