// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title The lower bound of a Beta posterior with a uniform prior, in its normal approximation, exactly rounded down.
/// @dev With A = good + 1000, B = bad + 1000 and N = A + B (thousandths of an order), 1000 times
/// `a/n - z * sqrt(a*b / (n*n*(n+1)))` is `(1000*A - sqrt(Y)) / N` where `Y = (1000*z)^2 * 1000*A*B / (N + 1000)`.
/// Rounding Y up, then its root up, then the quotient down loses nothing: for an integer k, `k >= sqrt(Y)` exactly if
/// `k*k >= ceil(Y)`, and for integers k and N > 0, `floor((k - r) / N) == (k - ceil(r)) / N` while `k >= r`.
library BetaBound {
    /// @notice One order, and one whole.
    uint256 internal constant UNIT = 1000;

    /// @dev z = 1.645, the one-sided 95 % quantile of the normal distribution, in thousandths.
    uint256 private constant Z = 1645;

    /// @param good sum of good weights, in thousandths of an order. @param bad that of bad weights.
    /// @return score 0 to 999.
    function score(uint64 good, uint64 bad) internal pure returns (uint16) {
        uint256 a = uint256(good) + UNIT;
        uint256 b = uint256(bad) + UNIT;
        uint256 n = a + b;

        // Both up: 64 bits each for a and b leave room for all constants
        uint256 variance = Math.ceilDiv(Z * Z * UNIT * a * b, n + UNIT);
        uint256 deviation = Math.sqrt(variance, Math.Rounding.Ceil);

        // Down, and never below zero; below 1000 since a < n
        uint256 whole = UNIT * a;
        return whole > deviation ? uint16((whole - deviation) / n) : 0;
    }
}
