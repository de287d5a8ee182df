// The oracle: trees as @openzeppelin/merkle-tree makes them. Reads [[[tag, eventId, contentHash, salt], …], …] of 0x hex,
// writes of each tree the root and the proofs, in the order of the leaves.
const { StandardMerkleTree } = require("@openzeppelin/merkle-tree");

const trees = JSON.parse(require("fs").readFileSync(0, "utf8")).map((leaves) => {
  const tree = StandardMerkleTree.of(leaves, ["bytes32", "bytes32", "bytes32", "bytes32"]);
  return { root: tree.root, leaves: leaves.map((leaf) => tree.leafHash(leaf)), proofs: leaves.map((_, i) => tree.getProof(i)) };
});
process.stdout.write(JSON.stringify(trees));
