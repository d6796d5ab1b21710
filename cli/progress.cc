#include "cli/progress.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "cli/terminal.h"

namespace lockstep::cli {
namespace {

constexpr double kLogSeconds = 10;  // Between lines of a log.

std::string Seeds(const Progress& progress) {
  std::string text = WithThousands(progress.seeds);
  if (progress.seeds_wanted > 0) absl::StrAppend(&text, " of ", WithThousands(progress.seeds_wanted));
  return text + " seeds";
}

std::string Rates(const Progress& progress) {
  const double seconds = std::max(progress.seconds, 1e-3);
  return absl::StrCat(Short(static_cast<double>(progress.steps) / seconds), " steps/s  ",
                      Short(progress.simulated_seconds / seconds), " s simulated/s  ",
                      Short(static_cast<double>(progress.faults)), " faults");
}

// Nothing while too little is done to tell.
std::string Remaining(const Progress& progress) {
  const double fraction = Fraction(progress);
  if (fraction < 0.01 || progress.seconds < 2) return "";
  return absl::StrCat(", ", ClockTime(progress.seconds / fraction - progress.seconds), " left");
}

}  // namespace

double Fraction(const Progress& progress) {
  double fraction = 0;
  if (progress.seeds_wanted > 0) {
    fraction = static_cast<double>(progress.seeds) / static_cast<double>(progress.seeds_wanted);
  }
  if (progress.seconds_allowed > 0) fraction = std::max(fraction, progress.seconds / progress.seconds_allowed);
  return std::clamp(fraction, 0.0, 1.0);
}

std::string ProgressBar(const Progress& progress, int width) {
  constexpr size_t kCells = 20;
  const double fraction = Fraction(progress);
  const auto full = static_cast<size_t>(fraction * kCells);
  const std::string percent = std::to_string(static_cast<int>(fraction * 100)) + "%";
  std::string line =
      absl::StrCat("[", std::string(full, '#'), std::string(kCells - full, '.'), "] ",
                   std::string(4 - std::min<size_t>(4, percent.size()), ' '), percent, "  ", Seeds(progress), "  ",
                   ClockTime(progress.seconds), Remaining(progress), "  ", Rates(progress));
  if (line.size() > static_cast<size_t>(std::max(width, 1))) line.resize(static_cast<size_t>(std::max(width, 1)));
  return line;
}

std::string ProgressText(const Progress& progress) {
  return absl::StrCat("  ", ClockTime(progress.seconds), Remaining(progress), "  ", Seeds(progress), "  ",
                      Rates(progress));
}

void ProgressLine::Show(const Progress& progress) {
  if (live_) {
    std::fprintf(out_, "\r\033[K%s", ProgressBar(progress, width_ - 1).c_str());
    shown_ = true;
  } else if (progress.seconds >= next_seconds_ + kLogSeconds) {
    std::fprintf(out_, "%s\n", ProgressText(progress).c_str());
    next_seconds_ = progress.seconds;
  }
  std::fflush(out_);
}

void ProgressLine::Clear() {
  if (!shown_) return;
  std::fputs("\r\033[K", out_);
  std::fflush(out_);
  shown_ = false;
}

}  // namespace lockstep::cli
