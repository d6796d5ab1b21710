// Metrics: what Prometheus reads, under etcd's names where etcd has one.
#ifndef LOCKSTEP_RUNTIME_LOCKSTEPD_METRICS_H_
#define LOCKSTEP_RUNTIME_LOCKSTEPD_METRICS_H_

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace lockstep::runtime {

// How often something took how long. The bounds double, as etcd's do, from a thousandth of a second.
class Durations {
 public:
  void Add(int64_t micros);

 private:
  friend class MetricsText;
  static constexpr int kBounds = 14;

  std::array<uint64_t, kBounds + 1> counts_{};  // The last: longer than all bounds.
  uint64_t total_micros_ = 0;
};

// Text in Prometheus's format.
class MetricsText {
 public:
  using Labels = std::initializer_list<std::pair<std::string_view, std::string>>;

  // One family begins; values of it follow.
  void Counter(std::string_view name, std::string_view help) { Begin(name, help, "counter"); }
  void Gauge(std::string_view name, std::string_view help) { Begin(name, help, "gauge"); }
  void Value(double value, Labels labels = {});
  void Histogram(std::string_view name, std::string_view help, const Durations& durations);
  // A family of one value.
  void Counter(std::string_view name, std::string_view help, double value) {
    Counter(name, help);
    Value(value);
  }
  void Gauge(std::string_view name, std::string_view help, double value) {
    Gauge(name, help);
    Value(value);
  }
  // What the kernel knows of this process.
  void AddProcess();

  const std::string& text() const { return text_; }

 private:
  void Begin(std::string_view name, std::string_view help, std::string_view type);
  void Line(std::string_view name, double value, Labels labels);

  std::string name_;
  std::string text_;
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_LOCKSTEPD_METRICS_H_
