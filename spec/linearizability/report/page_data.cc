#include "spec/linearizability/report/page_data.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"

namespace lockstep::linearizability::report {
namespace {

constexpr size_t kTextMax = 160;                  // characters of a value that are shown
constexpr int64_t kInlineMax = int64_t{1} << 48;  // integers that JavaScript's numbers hold, zigzag and flag included
constexpr size_t kTimesMax = 8'000'000;           // events with times, at most
constexpr uint32_t kNoPoint = UINT32_MAX;

void PutVarint(uint64_t value, std::string* out) {
  for (; value >= 128; value >>= 7) *out += static_cast<char>((value & 127) | 128);
  *out += static_cast<char>(value);
}

uint64_t Zigzag(int64_t value) { return static_cast<uint64_t>(value) << 1 ^ static_cast<uint64_t>(value >> 63); }

// Where each operation took effect: the event behind which, and its rank among those behind the same one.
struct Point {
  uint32_t after = kNoPoint;
  uint32_t rank = 0;
};

std::vector<Point> PointsOf(const History& history, const CheckResult& result) {
  if (result.verdict != Verdict::kLinearizable || result.orders.empty()) return {};
  std::vector<Point> points(history.size());
  for (const Order& order : result.orders) {
    Point last{0, 0};
    for (OperationId id : order) {
      const Position invoke = history.operation(id).invoke;
      last = invoke > last.after ? Point{invoke, 0} : Point{last.after, last.rank + 1};
      points[id] = last;
    }
  }
  return points;
}

// For each offending operation that answered one value of a key: the last write of that value to it that had begun by
// then. It is what a reader of the picture asks for next.
std::vector<OperationId> RelatedTo(const History& history, const Conflict& conflict) {
  std::vector<OperationId> related;
  for (const ConflictItem& item : conflict) {
    const Operation& reader = history.operation(item.id);
    const bool reads = reader.kind == OperationKind::kRead && reader.outcome == Outcome::kOk;
    const bool swaps = reader.kind == OperationKind::kCompareAndSet && reader.outcome == Outcome::kOk;
    if (item.part != ConflictItem::Part::kWhole || !(reads || swaps)) continue;
    const Value answer = reads ? reader.result : reader.expected;
    for (OperationId id = static_cast<OperationId>(history.size()); id-- > 0;) {
      const Operation& op = history.operation(id);
      const bool writes = op.kind == OperationKind::kWrite || op.kind == OperationKind::kCompareAndSet;
      if (!writes || op.key != reader.key || op.argument != answer || op.outcome == Outcome::kFail) continue;
      if (id == item.id || op.invoke > reader.complete) continue;
      related.push_back(id);
      break;
    }
  }
  for (const ConflictItem& item : conflict) std::erase(related, item.id);
  std::sort(related.begin(), related.end());
  related.erase(std::unique(related.begin(), related.end()), related.end());
  return related;
}

// The operations to show, ascending; `marked` ones always.
std::vector<OperationId> Choose(const History& history, const CheckResult& result, size_t operations_max,
                                const std::vector<OperationId>& marked) {
  std::vector<OperationId> ids;
  OperationId begin = 0;
  auto end = static_cast<OperationId>(history.size());
  if (history.size() > operations_max) {
    // Around the last offending operation, or the event up to which the history is impossible or was looked at.
    OperationId focus = 0;
    if (!result.conflict.empty()) {
      focus = result.conflict.back().id;
    } else if (result.event != kNever) {
      const auto operations = history.operations();
      focus =
          static_cast<OperationId>(std::partition_point(operations.begin(), operations.end(),
                                                        [&](const Operation& op) { return op.invoke < result.event; }) -
                                   operations.begin());
    }
    const auto half = static_cast<OperationId>(operations_max / 2);
    begin = focus > half ? focus - half : 0;
    end = static_cast<OperationId>(std::min<size_t>(history.size(), begin + operations_max));
  }
  for (OperationId id : marked) {
    if (id < begin) ids.push_back(id);
  }
  for (OperationId id = begin; id < end; ++id) ids.push_back(id);
  for (OperationId id : marked) {
    if (id >= end) ids.push_back(id);
  }
  return ids;
}

class Packer {
 public:
  Packer(const History& history, PageData* out) : history_(history), out_(*out) {}

  void Pack(OperationId id, Position previous, const Point& point) {
    const Operation& op = history_.operation(id);
    PutVarint(op.invoke - previous, &out_.records);
    out_.records += static_cast<char>(static_cast<uint32_t>(op.kind) | static_cast<uint32_t>(OutcomeCode(op)) << 5);
    const Position end = op.complete != kNever ? op.complete : history_.told_unknown(id);
    PutVarint(end == kNever ? 0 : end - op.invoke, &out_.records);
    PutVarint(op.process, &out_.records);
    const bool keyless = op.kind == OperationKind::kTransaction || op.kind == OperationKind::kRange ||
                         op.kind == OperationKind::kDeleteRange;
    PutVarint(keyless ? 0 : uint64_t{op.key} + 1, &out_.records);
    rest_.assign(1, '\0');
    Details(id, op, point);
    out_.records += static_cast<char>(rest_.size());  // about 50 bytes at most
    out_.records += rest_;
  }

 private:
  static uint8_t OutcomeCode(const Operation& op) {
    return op.outcome == Outcome::kOk ? 0 : op.outcome == Outcome::kFail ? 1 : 2;
  }

  void Flag(uint8_t flag) { rest_[0] = static_cast<char>(static_cast<uint8_t>(rest_[0]) | flag); }

  void Details(OperationId id, const Operation& op, const Point& point) {
    if (op.kind == OperationKind::kTransaction) {
      Flag(1);
      const std::string words = history_.Describe(id);  // "process 3: transaction [...], unknown"
      const size_t open = words.find('[');
      const size_t close = words.rfind(']');
      PutVarint(Text(open == std::string::npos ? words : words.substr(open, close + 1 - open)), &rest_);
    } else {
      if (op.argument != kNil || op.kind == OperationKind::kWrite || op.kind == OperationKind::kCompareAndSet) {
        Flag(1);
        PutVarint(Code(op.argument), &rest_);
      }
      if (op.kind == OperationKind::kCompareAndSet) {
        Flag(2);
        PutVarint(Code(op.expected), &rest_);
      }
      if (op.result != kUnknownValue) {
        Flag(4);
        PutVarint(Code(op.result), &rest_);
      }
    }
    if (point.after != kNoPoint) {
      Flag(8);
      PutVarint(point.after - op.invoke, &rest_);
      PutVarint(point.rank, &rest_);
      out_.has_points = true;
    }
    if (history_.invoke_line(id) != 0) {
      Flag(16);
      PutVarint(history_.invoke_line(id), &rest_);
      PutVarint(history_.complete_line(id), &rest_);
    }
    if (history_.log_index(id) >= 0) {
      Flag(32);
      PutVarint(static_cast<uint64_t>(history_.log_index(id)), &rest_);
    }
  }

  uint64_t Code(Value value) {
    const ValuePool& values = history_.values();
    if (values.TypeOf(value) == ValuePool::Type::kInteger) {
      const int64_t integer = values.AsInteger(value);
      if (integer > -kInlineMax && integer < kInlineMax) return 2 * Zigzag(integer);
    }
    auto [it, inserted] = codes_.try_emplace(value.bits, 0);
    if (inserted) it->second = Text(values.ToString(value));
    return it->second;
  }

  uint64_t Text(std::string text) {
    if (text.size() > kTextMax) {
      size_t cut = kTextMax;
      while (cut > 0 && (static_cast<uint8_t>(text[cut]) & 0xC0) == 0x80) --cut;  // not within a character
      const size_t left_out = text.size() - cut;
      text.resize(cut);
      absl::StrAppend(&text, "... (", left_out, " more)");
    }
    out_.values.push_back(std::move(text));
    return 2 * (out_.values.size() - 1) + 1;
  }

  const History& history_;
  PageData& out_;
  std::string rest_;  // of the record at hand, flags first
  absl::flat_hash_map<uint32_t, uint64_t> codes_;
};

void PackTimes(const format::HistoryFile& file, PageData* out) {
  const size_t end = size_t{out->first} + out->events;
  if (file.times.size() < end || out->events > kTimesMax) return;
  const auto begin = file.times.begin() + out->first;
  const auto told = std::find_if(begin, begin + out->events, [](int64_t time) { return time >= 0; });
  if (told == begin + out->events) return;
  out->has_times = true;
  int64_t last = *told;  // the first one counts as 0: JavaScript's numbers are too short for nanoseconds since 1970
  for (size_t position = out->first; position < end; ++position) {
    // Not told, or the clock went back: the same time as before.
    const int64_t time = std::max(file.times[position], last);
    PutVarint(static_cast<uint64_t>(time - last), &out->records);
    last = time;
  }
}

}  // namespace

PageData PackPage(const format::HistoryFile& file, const CheckResult& result, size_t operations_max) {
  const History& history = file.history;
  PageData data;
  data.related = RelatedTo(history, result.conflict);
  std::vector<OperationId> marked = data.related;
  for (const ConflictItem& item : result.conflict) marked.push_back(item.id);
  std::sort(marked.begin(), marked.end());
  data.ids = Choose(history, result, operations_max, marked);
  if (data.ids.empty()) return data;
  const std::vector<Point> points = PointsOf(history, result);
  data.first = history.operation(data.ids.front()).invoke;
  Position last = data.first;
  for (OperationId id : data.ids) {
    const Operation& op = history.operation(id);
    const Position told = history.told_unknown(id);
    last =
        std::max({last, op.invoke, op.complete == kNever ? op.invoke : op.complete, told == kNever ? op.invoke : told});
  }
  data.events = last - data.first + 1;
  Packer packer(history, &data);
  Position previous = data.first;
  for (OperationId id : data.ids) {
    packer.Pack(id, previous, points.empty() ? Point{} : points[id]);
    previous = history.operation(id).invoke;
  }
  PackTimes(file, &data);
  return data;
}

std::string Base64(std::string_view bytes) {
  constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const auto byte = [&](size_t k) -> uint32_t {
      return i + k < bytes.size() ? static_cast<uint8_t>(bytes[i + k]) : 0;
    };
    const uint32_t three = byte(0) << 16 | byte(1) << 8 | byte(2);
    text += kDigits[three >> 18];
    text += kDigits[three >> 12 & 63];
    text += i + 1 < bytes.size() ? kDigits[three >> 6 & 63] : '=';
    text += i + 2 < bytes.size() ? kDigits[three & 63] : '=';
  }
  return text;
}

}  // namespace lockstep::linearizability::report
