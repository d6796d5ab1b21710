#include "cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <string_view>

namespace lockstep::cli {

bool IsTerminal(std::FILE* file) { return isatty(fileno(file)) != 0; }

int TerminalWidth(std::FILE* file) {
  constexpr int kDefault = 120;
  winsize size{};
  if (!IsTerminal(file) || ioctl(fileno(file), TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kDefault;
  return size.ws_col;
}

bool UseColor(std::FILE* file, bool no_color) {
  const char* refused = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  if (no_color || (refused != nullptr && *refused != '\0')) return false;
  if (terminal != nullptr && std::string_view(terminal) == "dumb") return false;
  return IsTerminal(file);
}

Palette PaletteFor(bool color) {
  if (!color) return {};
  return {"\033[1m", "\033[2m", "\033[31m", "\033[32m", "\033[33m", "\033[0m"};
}

std::string WithThousands(uint64_t number) {
  std::string digits = std::to_string(number);
  for (size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

std::string Short(double number) {
  static constexpr const char* kUnits[] = {"", " k", " M", " G", " T", " P"};
  size_t unit = 0;
  while (number >= 999.5 && unit + 1 < std::size(kUnits)) {
    number /= 1000;
    ++unit;
  }
  const int decimals = unit == 0 ? 0 : number < 9.995 ? 2 : number < 99.95 ? 1 : 0;
  char text[32];
  std::snprintf(text, sizeof text, "%.*f%s", decimals, number, kUnits[unit]);
  return text;
}

std::string ClockTime(double seconds) {
  const auto whole = static_cast<long long>(std::floor(seconds < 0 ? 0 : seconds));
  char text[48];
  if (whole >= 3600) {
    std::snprintf(text, sizeof text, "%lld:%02lld:%02lld", whole / 3600, whole / 60 % 60, whole % 60);
  } else {
    std::snprintf(text, sizeof text, "%lld:%02lld", whole / 60, whole % 60);
  }
  return text;
}

}  // namespace lockstep::cli
