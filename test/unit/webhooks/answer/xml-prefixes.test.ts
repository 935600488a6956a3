import { describe, expect, it } from 'vitest';
import { queryXml } from '../../../../src/webhooks/answer/xml.js';

/* Services change the prefixes of their answers without a word; one path reads them all. */

const soap = (prefix: string, own: string, declared: string): string =>
  `<?xml version="1.0"?><${prefix}:Envelope xmlns:${prefix}="http://schemas.xmlsoap.org/soap/envelope/"><${prefix}:Header/>` +
  `<${prefix}:Body><${own}GetOrderResponse ${declared}><${own}Status code="7">sent</${own}Status><${own}Item>1</${own}Item>` +
  `<${own}Item>2</${own}Item></${own}GetOrderResponse></${prefix}:Body></${prefix}:Envelope>`;

const ANSWERS = [
  soap('soap', '', 'xmlns="urn:shop"'),
  soap('soapenv', 'ns2:', 'xmlns:ns2="urn:shop"'),
  soap('S', 'ns3:', 'xmlns:ns3="urn:shop" xmlns:ns2="urn:other"'),
  soap('env', 'shop.order:', 'xmlns:shop.order="urn:shop"'),
  `<Envelope xmlns="http://www.w3.org/2003/05/soap-envelope"><Body><GetOrderResponse xmlns="urn:shop"><Status code="7">sent</Status><Item>1</Item><Item>2</Item></GetOrderResponse></Body></Envelope>`,
];

const values = (text: string, xmlPaths: 'dotted' | 'xpath', paths: readonly string[]): unknown => {
  const found = queryXml({ text, xmlPaths, pathRoot: 'document', paths });
  return found.ok ? found.value.map((one) => (one.found ? one.value : null)) : found.error;
};

describe.each(ANSWERS.map((text) => [/<(?:\w+:)?Envelope/u.exec(text)?.[0] ?? '', text]))(
  'an answer that begins with %s',
  (_begin, text) => {
    it('is read by dotted names without a prefix', () => {
      const base = 'Envelope.Body.GetOrderResponse';
      const paths = [`${base}.Status`, `${base}.Item[1]`, `${base}.Item`, `${base}.Status.@code`];
      expect(values(text, 'dotted', paths)).toEqual(['sent', '2', ['1', '2'], '7']);
    });

    it('is read by XPath with local-name()', () => {
      const paths = ["//*[local-name()='Status']", "//*[local-name()='Item'][2]", "string(//*[local-name()='Status']/@code)"];
      expect(values(text, 'xpath', paths)).toEqual(['sent', '2', '7']);
    });
  },
);

it('an element that is called exactly so comes before one with a prefix; a prefix that is written means itself', () => {
  const text = '<a xmlns:x="urn:x" xmlns:y="urn:y" x:k="1" y:k="2"><x:b>1</x:b><b>2</b><y:c>3</y:c><x:c>4</x:c></a>';
  expect(values(text, 'dotted', ['a.b', "a['x:b']", "a['y:c']", 'a.c', 'a.@k', "a['@x:k']", "a['z:b']", 'a.@x'])).toEqual([
    ...['2', '1', '3', ['3', '4'], ['1', '2'], '1', null, null],
  ]);
});
