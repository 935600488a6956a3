import { parentPort } from 'node:worker_threads';
import { queryXml, type XmlQuery } from './xml.js';

/* The thread that reads XML. One query in, its findings out, in order. */

parentPort?.on('message', (query: XmlQuery) => {
  parentPort?.postMessage(queryXml(query));
});
parentPort?.postMessage('ready');
