// Appends characters to UTF-8 text: what the escapes \uXXXX of EDN and the octal ones stand for.
//
// Contract: EDN, like Java, writes a character beyond U+FFFF as two escapes; the second of a pair completes the first.
#ifndef LOCKSTEP_SPEC_LINEARIZABILITY_FORMAT_UTF8_H_
#define LOCKSTEP_SPEC_LINEARIZABILITY_FORMAT_UTF8_H_

#include <cstdint>
#include <string>

namespace lockstep::linearizability::format {

// Appends the code point. Requires: code <= 0x10FFFF. A lone surrogate is encoded like any other.
void AppendUtf8(std::string& text, uint32_t code);

// Appends one UTF-16 unit; a low surrogate right behind a high one makes the single character they stand for.
void AppendUtf16Unit(std::string& text, uint32_t unit);

}  // namespace lockstep::linearizability::format

#endif  // LOCKSTEP_SPEC_LINEARIZABILITY_FORMAT_UTF8_H_
