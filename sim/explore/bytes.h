// Numbers to and from a file, for checkpoints.
#ifndef LOCKSTEP_SIM_EXPLORE_BYTES_H_
#define LOCKSTEP_SIM_EXPLORE_BYTES_H_

#include <cstdint>
#include <cstdio>

namespace lockstep::sim::explore {

// Writes 64-bit words and a running sum over them. The file stays the caller's.
class Writer {
 public:
  explicit Writer(std::FILE* file) : file_(file) {}
  void Put(uint64_t word) {
    sum_ = (sum_ ^ word) * 0x9e3779b97f4a7c15u;
    ok_ = ok_ && std::fwrite(&word, sizeof word, 1, file_) == 1;
  }
  // Ends the file with the sum. Returns whether everything was written.
  bool Finish() {
    const uint64_t sum = sum_;
    Put(sum);
    return ok_ && std::fflush(file_) == 0;
  }

 private:
  std::FILE* file_;
  uint64_t sum_ = 0;
  bool ok_ = true;
};

class Reader {
 public:
  explicit Reader(std::FILE* file) : file_(file) {}
  // 0 once the file is at its end: ok() tells.
  uint64_t Get() {
    uint64_t word = 0;
    if (std::fread(&word, sizeof word, 1, file_) != 1) ok_ = false;
    if (!ok_) return 0;
    previous_sum_ = sum_;
    sum_ = (sum_ ^ word) * 0x9e3779b97f4a7c15u;
    last_ = word;
    return word;
  }
  bool ok() const { return ok_; }
  // Reads the last word: whether it is the sum of all before.
  bool Finish() {
    Get();
    return ok_ && last_ == previous_sum_;
  }

 private:
  std::FILE* file_;
  uint64_t sum_ = 0;
  uint64_t previous_sum_ = 0;
  uint64_t last_ = 0;
  bool ok_ = true;
};

}  // namespace lockstep::sim::explore

#endif  // LOCKSTEP_SIM_EXPLORE_BYTES_H_
