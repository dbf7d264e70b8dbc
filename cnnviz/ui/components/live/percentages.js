/** A probability in words that does not claim more than it is, as cnnviz/percentages.py says it. */
export const percentage = (share) =>
  share > 0 && share < 0.0005 ? "<0.1\u00a0%" : share >= 0.9995 ? ">99.9\u00a0%" : `${(100 * share).toFixed(1)}\u00a0%`;
