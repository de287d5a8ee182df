// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title Halves sums with time, in steps of a 64th of a half-life: a sum after n steps is itself times 2^(-n/64).
/// @dev Whole half-lives first, by a shift; then what is left of n, bit by bit from the highest, each by a multiplication
/// with `floor(2^64 * 2^(-1/2^k))`, k = 1 to 6. Each shift and each multiplication is rounded by itself, good sums down and
/// bad ones up.
/// @dev For sums below 2^40, so that no product overflows, and after 40 half-lives less than one unit is left of any.
library Decay {
    uint256 private constant STEPS = 64;
    uint256 private constant SUM_BITS = 40;

    /// @dev 2^(-1/2), 2^(-1/4), … 2^(-1/64), times 2^64, rounded down.
    uint256 private constant ROOT_1 = 0xb504f333f9de6484;
    uint256 private constant ROOT_2 = 0xd744fccad69d6af4;
    uint256 private constant ROOT_3 = 0xeac0c6e7dd24392e;
    uint256 private constant ROOT_4 = 0xf5257d152486cc2c;
    uint256 private constant ROOT_5 = 0xfa83b2db722a033a;
    uint256 private constant ROOT_6 = 0xfd3e0c0cf486c174;

    uint256 private constant CEILING = (1 << 64) - 1;

    /// @param first a good sum. @param second another. @param bad a bad one.
    /// @return all three after `steps`; all zero after 40 half-lives.
    function decay(uint256 first, uint256 second, uint256 bad, uint256 steps)
        internal
        pure
        returns (uint256, uint256, uint256)
    {
        unchecked {
            uint256 halvings = steps / STEPS;
            if (halvings >= SUM_BITS) return (0, 0, 0);
            if (halvings != 0) {
                (first, second) = (first >> halvings, second >> halvings);
                bad = (bad + (1 << halvings) - 1) >> halvings;
            }
            if (steps & 32 != 0) (first, second, bad) = _times(first, second, bad, ROOT_1);
            if (steps & 16 != 0) (first, second, bad) = _times(first, second, bad, ROOT_2);
            if (steps & 8 != 0) (first, second, bad) = _times(first, second, bad, ROOT_3);
            if (steps & 4 != 0) (first, second, bad) = _times(first, second, bad, ROOT_4);
            if (steps & 2 != 0) (first, second, bad) = _times(first, second, bad, ROOT_5);
            if (steps & 1 != 0) (first, second, bad) = _times(first, second, bad, ROOT_6);
            return (first, second, bad);
        }
    }

    function _times(uint256 first, uint256 second, uint256 bad, uint256 root)
        private
        pure
        returns (uint256, uint256, uint256)
    {
        unchecked {
            return (first * root >> 64, second * root >> 64, bad * root + CEILING >> 64);
        }
    }
}
