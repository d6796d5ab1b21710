#include "spec/linearizability/format/utf8.h"

namespace lockstep::linearizability::format {
namespace {

// The high surrogate that the text ends with, or 0. Such a unit is three bytes, ED A0..AF xx.
uint32_t TrailingHighSurrogate(const std::string& text) {
  if (text.size() < 3) return 0;
  const auto byte = [&](size_t back) { return static_cast<unsigned char>(text[text.size() - back]); };
  if (byte(3) != 0xED || byte(2) < 0xA0 || byte(2) > 0xAF) return 0;
  return 0xD000u | (byte(2) & 0x3Fu) << 6 | (byte(1) & 0x3Fu);
}

}  // namespace

void AppendUtf8(std::string& text, uint32_t code) {
  const auto tail = [&](uint32_t shift) { text += static_cast<char>(0x80 | (code >> shift & 0x3F)); };
  if (code < 0x80) {
    text += static_cast<char>(code);
  } else if (code < 0x800) {
    text += static_cast<char>(0xC0 | code >> 6);
    tail(0);
  } else if (code < 0x10000) {
    text += static_cast<char>(0xE0 | code >> 12);
    tail(6);
    tail(0);
  } else {
    text += static_cast<char>(0xF0 | code >> 18);
    tail(12);
    tail(6);
    tail(0);
  }
}

void AppendUtf16Unit(std::string& text, uint32_t unit) {
  if (unit >= 0xDC00 && unit <= 0xDFFF) {
    if (const uint32_t high = TrailingHighSurrogate(text); high != 0) {
      text.resize(text.size() - 3);
      AppendUtf8(text, 0x10000 + ((high - 0xD800) << 10) + (unit - 0xDC00));
      return;
    }
  }
  AppendUtf8(text, unit);
}

}  // namespace lockstep::linearizability::format
