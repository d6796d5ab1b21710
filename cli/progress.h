// One line that tells how far a campaign is.
//
// On a terminal the line is redrawn in place; elsewhere a plain line appears now and then, so that a log stays short.
#ifndef LOCKSTEP_CLI_PROGRESS_H_
#define LOCKSTEP_CLI_PROGRESS_H_

#include <cstdint>
#include <cstdio>
#include <string>

namespace lockstep::cli {

struct Progress {
  uint64_t seeds = 0;
  uint64_t seeds_wanted = 0;   // 0: as many as the time allows.
  double seconds_allowed = 0;  // 0: no limit.
  double seconds = 0;          // Since the beginning.
  uint64_t steps = 0;
  double simulated_seconds = 0;
  uint64_t faults = 0;
};

// How much is done, in [0, 1].
double Fraction(const Progress& progress);

// The line for a terminal of `width` columns: with a bar, never wider.
std::string ProgressBar(const Progress& progress, int width);
// The line for a log.
std::string ProgressText(const Progress& progress);

class ProgressLine {
 public:
  // Prints to `out`, which is a terminal if `live`.
  ProgressLine(std::FILE* out, bool live, int width) : out_(out), live_(live), width_(width) {}
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  ~ProgressLine() { Clear(); }

  // Shows `progress` if it is time for that. Call it several times a second.
  void Show(const Progress& progress);
  // Takes the line away, so that other text can follow.
  void Clear();

 private:
  std::FILE* out_;
  bool live_;
  int width_;
  bool shown_ = false;
  double next_seconds_ = 0;  // When a log gets its next line.
};

}  // namespace lockstep::cli

#endif  // LOCKSTEP_CLI_PROGRESS_H_
