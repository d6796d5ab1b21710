#include "spec/linearizability/testing/histories.h"

#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <string>
#include <vector>

namespace lockstep::linearizability {
namespace {

[[noreturn]] void Fail(const std::string& line, const char* what) {
  std::fprintf(stderr, "in the test's history: %s: %s\n", what, line.c_str());
  std::abort();
}

class Reader {
 public:
  History Read(std::string_view text) {
    std::istringstream lines{std::string(text)};
    std::string line;
    uint32_t number = 0;
    while (std::getline(lines, line)) {
      ++number;
      std::istringstream words(line);
      uint32_t process;
      std::string type;
      if (!(words >> process >> type)) continue;
      const absl::Status status =
          type == "invoke" ? Invoke(process, number, words) : Complete(process, type, number, words);
      if (!status.ok()) Fail(line, std::string(status.message()).c_str());
    }
    return std::move(builder_).Finish();
  }

 private:
  absl::Status Invoke(uint32_t process, uint32_t line, std::istringstream& words) {
    Invocation invocation;
    invocation.line = line;
    std::string name;
    std::string key;
    words >> name >> key;
    invocation.kind = KindOf(name);
    invocation.key = builder_.InternKey(key == "-" ? "" : key);
    if (invocation.kind == OperationKind::kCompareAndSet) invocation.expected = NextValue(words, kNil);
    invocation.argument = NextValue(words, kNil);
    return builder_.Invoke(process, invocation);
  }

  absl::Status Complete(uint32_t process, const std::string& type, uint32_t line, std::istringstream& words) {
    Completion completion;
    completion.line = line;
    completion.outcome = type == "ok" ? Outcome::kOk : type == "fail" ? Outcome::kFail : Outcome::kUnknown;
    completion.result = NextValue(words, kUnknownValue);
    words.clear();
    std::string index;
    if (words >> index && index[0] == '@') completion.log_index = std::stoll(index.substr(1));
    return builder_.Complete(process, completion);
  }

  static OperationKind KindOf(const std::string& name) {
    for (int kind = 0; kind <= static_cast<int>(OperationKind::kTransfer); ++kind) {
      if (Name(static_cast<OperationKind>(kind)) == name) return static_cast<OperationKind>(kind);
    }
    if (name == "cas") return OperationKind::kCompareAndSet;
    Fail(name, "no such operation");
  }

  Value NextValue(std::istringstream& words, Value absent) {
    words >> std::ws;
    std::string word;
    if (words.peek() == '@' || !(words >> word)) return absent;
    return ValueOf(word);
  }

  Value ValueOf(const std::string& word) {
    ValuePool& values = builder_.values();
    if (word == "nil") return kNil;
    if (word == "?") return kUnknownValue;
    if (word[0] == '[') {
      std::vector<Value> items;
      std::istringstream list(word.substr(1, word.size() - 2));
      std::string item;
      while (std::getline(list, item, ',')) items.push_back(ValueOf(item));
      return values.List(items);
    }
    const bool number = word.find_first_not_of("-0123456789") == std::string::npos;
    return number ? values.Integer(std::stoll(word)) : values.String(word == "\"\"" ? "" : word);
  }

  HistoryBuilder builder_;
};

}  // namespace

History ReadHistory(std::string_view text) { return Reader().Read(text); }

}  // namespace lockstep::linearizability
