// Keccak-256 as Ethereum uses it: Keccak[c=512] (Keccak reference 3.0), padding 0x01.
// Each 64-bit lane is two 32-bit halves, low one first, since a browser's numbers have no 64 bits.

const RATE_BYTES = 136;
const ROUNDS = 24;

// Round constants by the reference's LFSR (section 1.2, algorithm rc), as [low, high] of each round.
const CONSTANTS = (() => {
  const made = [];
  let state = 1;
  for (let round = 0; round < ROUNDS; round++) {
    let low = 0;
    let high = 0;
    for (let power = 0; power <= 6; power++) {
      if (state & 1) {
        const bit = (1 << power) - 1;
        if (bit < 32) low |= 1 << bit;
        else high |= 1 << (bit - 32);
      }
      state = (state << 1) ^ (state & 0x80 ? 0x171 : 0);
    }
    made.push([low, high]);
  }
  return made;
})();

// The walk of rho and pi (section 2.3.2 and 2.3.3): [to lane, rotation], beginning at lane 1.
const WALK = (() => {
  const made = [];
  let x = 1;
  let y = 0;
  for (let step = 0; step < ROUNDS; step++) {
    [x, y] = [y, (2 * x + 3 * y) % 5];
    made.push([x + 5 * y, (((step + 1) * (step + 2)) / 2) % 64]);
  }
  return made;
})();

function rotated(low, high, by) {
  if (by >= 32) [low, high, by] = [high, low, by - 32];
  if (by === 0) return [low, high];
  return [(low << by) | (high >>> (32 - by)), (high << by) | (low >>> (32 - by))];
}

function permute(lanes) {
  const parity = new Int32Array(10);
  const row = new Int32Array(10);
  for (let round = 0; round < ROUNDS; round++) {
    for (let half = 0; half < 10; half++) {
      parity[half] = lanes[half] ^ lanes[half + 10] ^ lanes[half + 20] ^ lanes[half + 30] ^ lanes[half + 40];
    }
    for (let x = 0; x < 5; x++) {
      const left = 2 * ((x + 4) % 5);
      const right = 2 * ((x + 1) % 5);
      const [low, high] = rotated(parity[right], parity[right + 1], 1);
      for (let y = 0; y < 50; y += 10) {
        lanes[2 * x + y] ^= parity[left] ^ low;
        lanes[2 * x + y + 1] ^= parity[left + 1] ^ high;
      }
    }
    let carried = [lanes[2], lanes[3]];
    for (const [to, by] of WALK) {
      const next = [lanes[2 * to], lanes[2 * to + 1]];
      [lanes[2 * to], lanes[2 * to + 1]] = rotated(carried[0], carried[1], by);
      carried = next;
    }
    for (let y = 0; y < 50; y += 10) {
      for (let half = 0; half < 10; half++) row[half] = lanes[y + half];
      for (let half = 0; half < 10; half++) lanes[y + half] = row[half] ^ (~row[(half + 2) % 10] & row[(half + 4) % 10]);
    }
    lanes[0] ^= CONSTANTS[round][0];
    lanes[1] ^= CONSTANTS[round][1];
  }
}

/** @param {Uint8Array} data @returns {Uint8Array} 32 bytes */
export function keccak256(data) {
  const padded = new Uint8Array((Math.floor(data.length / RATE_BYTES) + 1) * RATE_BYTES);
  padded.set(data);
  padded[data.length] ^= 0x01;
  padded[padded.length - 1] ^= 0x80;
  const lanes = new Int32Array(50);
  const view = new DataView(padded.buffer);
  for (let start = 0; start < padded.length; start += RATE_BYTES) {
    for (let word = 0; word < RATE_BYTES / 4; word++) lanes[word] ^= view.getInt32(start + 4 * word, true);
    permute(lanes);
  }
  const digest = new DataView(new ArrayBuffer(32));
  for (let word = 0; word < 8; word++) digest.setInt32(4 * word, lanes[word], true);
  return new Uint8Array(digest.buffer);
}
