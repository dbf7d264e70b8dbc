import { build } from "./forward.js";

/**
 * Fetch a network's weights and build it.
 *
 * config: what `network_for_browser` gives.
 * base: the page's address, document.baseURI; a worker has to be told.
 *
 * Throws an Error when they cannot be fetched: the server may have forgotten them, or be another one.
 */
export async function load(config, base) {
  const answer = await fetch(new URL(config.weights, base));
  if (!answer.ok) throw new Error(`${config.weights}: ${answer.status}`);
  return build(config, new Float32Array(await answer.arrayBuffer()));
}
