// What a person's terminal can show: width, colours; and how numbers are written for people.
//
// Everything that prints asks here, so that a pipe, a log file and NO_COLOR get plain text everywhere.
#ifndef LOCKSTEP_CLI_TERMINAL_H_
#define LOCKSTEP_CLI_TERMINAL_H_

#include <cstdint>
#include <cstdio>
#include <string>

namespace lockstep::cli {

bool IsTerminal(std::FILE* file);

// Columns of the terminal behind `file`; 120 where there is none.
int TerminalWidth(std::FILE* file);

// Whether to print colours to `file`: on a terminal, unless `--no-color`, the environment's NO_COLOR or a dumb
// terminal says otherwise.
bool UseColor(std::FILE* file, bool no_color);

// Escape sequences, or empty strings where there is no colour.
struct Palette {
  const char* bold = "";
  const char* dim = "";
  const char* red = "";
  const char* green = "";
  const char* yellow = "";
  const char* reset = "";
};
Palette PaletteFor(bool color);

// "12,345,678".
std::string WithThousands(uint64_t number);
// Three or four significant digits: "987", "12.3 k", "4.56 M".
std::string Short(double number);
// "0:07", "12:34", "1:02:03".
std::string ClockTime(double seconds);

}  // namespace lockstep::cli

#endif  // LOCKSTEP_CLI_TERMINAL_H_
