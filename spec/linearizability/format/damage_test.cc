// Damaged files of every format: each is read or refused with a place, whatever was done to it.

#include <algorithm>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "rapidcheck/gtest.h"
#include "spec/linearizability/format/protobuf.h"
#include "spec/linearizability/format/read.h"
#include "spec/linearizability/format/write.h"

namespace lockstep::linearizability::format {
namespace {

constexpr char kEdn[] = R"([{:type :invoke, :f :txn, :value [[:r "a\n" nil] [:w 1 #{2 3}]], :process 0, :time 5}
 #op{:type :ok, :f :txn, :value [[:r "a\n" -7] [:w 1 #{2 3}]], :process 0}
 {:type :invoke :f :range :value ["a" nil] :process 1} ; comment
 {:type :ok :f :range :value {"a" 1.5, "b" (x)} :process 1}
 {:type :info :f :start :process :nemesis}])";
constexpr char kJson[] = R"([{"type":"invoke","f":"cas","key":"k","value":[null,12345678901234567890],"process":3},
 {"type":"fail","f":"cas","value":[null,12345678901234567890],"process":3,"error":"\u00e9"},
 {"type":"invoke","f":"transfer","value":{"from":1,"to":"2","amount":3},"process":3}])";
constexpr char kNdjson[] = R"({"lockstep":"history","model":"key-value","initial":0,"initial-by-key":{"x":[1]}}
{"process":0,"type":"invoke","f":"txn","value":[["write","x",1]],"guards":[["x","=",null]],"else":[["range",["a","b"]]]}
{"process":0,"type":"ok","f":"txn","value":[["write","x",1]],"else":[["range",["a","b"],[["a",5]]]],"branch":"else","rev":4})";
constexpr char kLog[] = "INFO  jepsen.util - 0\t:invoke\t:cas\t[1 2]\nINFO  jepsen.util - 0\t:info\t:cas\t:timed-out\n";

// Every well-formed sample, the protobuf ones made of the others.
const std::vector<std::string>& Samples() {
  static const std::vector<std::string> samples = [] {
    std::vector<std::string> texts = {kEdn, kJson, kNdjson, kLog};
    for (size_t i = 0; i < 4; ++i) {
      ReadOptions options;
      if (i < 2) options.model = i == 0 ? ModelKind::kKeyValue : ModelKind::kBank;
      const auto file = ReadHistory(Source::FromText("sample", texts[i]), options);
      EXPECT_TRUE(file.ok()) << file.status();
      if (file.ok()) texts.push_back(WriteProtobuf(*file));
    }
    return texts;
  }();
  return samples;
}

std::string Damage(std::string text) {
  const int wounds = *rc::gen::inRange(0, 4);
  for (int i = 0; i < wounds && !text.empty(); ++i) {
    const auto at = static_cast<size_t>(*rc::gen::inRange<size_t>(0, text.size()));
    const auto length = std::min(text.size() - at, *rc::gen::inRange<size_t>(0, 12));
    switch (*rc::gen::inRange(0, 4)) {
      case 0:
        text[at] = *rc::gen::arbitrary<char>();
        break;
      case 1:
        text.erase(at, length);
        break;
      case 2:
        text.insert(at, text.substr(*rc::gen::inRange<size_t>(0, text.size()), length));
        break;
      default:
        text.resize(at);
        break;
    }
  }
  return text;
}

TEST(DamageTest, SamplesAreWellFormed) { EXPECT_EQ(Samples().size(), 8u); }

RC_GTEST_PROP(DamageTest, IsReadOrRefusedWithAPlace, ()) {
  const std::string text = Damage(*rc::gen::elementOf(Samples()));
  const Source source = Source::FromText("damaged", text);
  ReadOptions options;
  options.model = *rc::gen::element(ModelKind::kKeyValue, ModelKind::kBank, ModelKind::kSet);
  const auto file = ReadHistory(source, options);
  if (file.ok()) {
    RC_ASSERT(!WriteEdn(*file).empty());
    RC_ASSERT(!WriteNdjson(*file).empty());
    RC_ASSERT(!WriteProtobuf(*file).empty());
  } else {
    const std::string message(file.status().message());
    RC_ASSERT(message.substr(0, 8) == "damaged:" || message.substr(0, 10) == "--initial:");
    RC_ASSERT(file.status().code() == absl::StatusCode::kInvalidArgument);
  }
}

}  // namespace
}  // namespace lockstep::linearizability::format
