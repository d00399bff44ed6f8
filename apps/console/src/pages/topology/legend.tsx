import type { Tone } from '../../parts/index.js';

const lines: readonly (readonly [Tone, string])[] = [
  ['ok', 'in order'],
  ['busy', 'under way'],
  ['warn', 'degraded'],
  ['bad', 'broken'],
  ['idle', 'not known'],
];

/** What the lines mean: by colour, and by how they are broken. */
export function Legend() {
  return (
    <ul className="legend" aria-label="Legend">
      {lines.map(([tone, word]) => (
        <li key={tone}>
          <svg width="34" height="10" aria-hidden="true" className={`way way-${tone}`}>
            <path d="M0,5L34,5" className="react-flow__edge-path" />
          </svg>
          {word}
        </li>
      ))}
      <li>From the side that calls to the side that is called; thicker for more services</li>
    </ul>
  );
}
