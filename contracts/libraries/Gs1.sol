// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title What a GS1 key looks like, by the GS1 General Specifications.
library Gs1 {
    /// @dev The characters of figure 7.11-1 (GS1 AI encodable character set 82), bit `c` for character `c`.
    uint256 private constant CHARSET_82 = 0x7fffffe_87fffffe_ffffffe6 << 32;

    /// @notice Whether a number is a GTIN: up to 14 digits, leading zeros lost, the last one the check digit (7.9).
    /// Zero has a right check digit and is nobody's number.
    function isGtin(uint64 gtin) internal pure returns (bool) {
        return gtin != 0 && gtin < 1e14 && hasCheckDigit(gtin);
    }

    /// @notice The 12 digits of a GTIN-14 that begin with the company prefix: without indicator and check digit.
    function companyDigits(uint64 gtin) internal pure returns (uint64) {
        return (gtin / 10) % 1e12;
    }

    /// @notice Whether a text is a GLN: 13 digits, the last one the check digit (7.9).
    function isGln(string memory text) internal pure returns (bool) {
        (bool numeric, uint64 value) = parseDigits(text, 13);
        return numeric && bytes(text).length == 13 && hasCheckDigit(value);
    }

    /// @notice Whether the last digit of a number is its check digit: with weights 1, 3, 1, 3, … from the right, the
    /// digits add up to a multiple of ten (7.9).
    function hasCheckDigit(uint64 number) internal pure returns (bool) {
        uint256 sum = 0;
        for (uint256 weight = 1; number != 0; number /= 10) {
            sum += (number % 10) * weight;
            weight = 4 - weight;
        }
        return sum % 10 == 0;
    }

    /// @notice The number that a text of ASCII digits writes, if it is one of at most `maxLength` (19 at the most).
    function parseDigits(string memory text, uint256 maxLength) internal pure returns (bool numeric, uint64 value) {
        bytes memory characters = bytes(text);
        if (characters.length > maxLength) return (false, 0);
        for (uint256 i = 0; i < characters.length; ++i) {
            uint8 digit = uint8(characters[i]) ^ 0x30;
            if (digit > 9) return (false, 0);
            value = value * 10 + digit;
        }
        return (characters.length != 0, value);
    }

    /// @notice Whether a text may be a lot (AI 10) or a serial number (AI 21): 1 to 20 characters of set 82.
    function isLotOrSerial(string memory text) internal pure returns (bool) {
        bytes memory characters = bytes(text);
        if (characters.length == 0 || characters.length > 20) return false;
        for (uint256 i = 0; i < characters.length; ++i) {
            if ((CHARSET_82 >> uint8(characters[i])) & 1 == 0) return false;
        }
        return true;
    }
}
