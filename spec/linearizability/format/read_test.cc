#include "spec/linearizability/format/read.h"

#include <string>

#include "gtest/gtest.h"

namespace lockstep::linearizability::format {
namespace {

// The history's operations in words, one per line, or the error's message.
std::string Words(const std::string& text, const ReadOptions& options = {}) {
  const Source source = Source::FromText("h", text);
  const auto file = ReadHistory(source, options);
  if (!file.ok()) return std::string(file.status().message());
  std::string words;
  for (OperationId id = 0; id < file->history.size(); ++id) {
    const Operation& op = file->history.operation(id);
    words += std::to_string(op.invoke) + "-" + (op.complete == kNever ? "" : std::to_string(op.complete)) + " " +
             file->history.Describe(id) + "\n";
  }
  return words;
}

HistoryFile Read(const std::string& text, const ReadOptions& options = {}) {
  const Source source = Source::FromText("h", text);
  auto file = ReadHistory(source, options);
  EXPECT_TRUE(file.ok()) << file.status();
  return file.ok() ? *std::move(file) : HistoryFile{};
}

ReadOptions Model(ModelKind model) {
  ReadOptions options;
  options.model = model;
  return options;
}

constexpr char kEdnVector[] = R"([{:type :invoke, :process 0, :f :write, :value 3}
 {:process :nemesis, :type :info, :f :start}
 {:type :ok, :process 0, :f :write, :value 3, :time 5, :index 9}
 {:type :invoke :process 1 :f :cas :value [3 4]} ; commas are blanks
 {:type :fail,
  :process 1, :f :cas, :value [3 4], :error [:x nil]}
 {:type :invoke, :process 2, :f :read, :value nil}
 {:type :info, :process 2, :f :read, :value nil}
 {:type :info, :process 7, :f :note}])";

TEST(ReadTest, JepsenEdn) {
  const std::string words =
      "0-1 process 0: write 3\n2-3 process 1: compare-and-set 3 -> 4, failed\n4- process 2: read, unknown\n";
  EXPECT_EQ(Words(kEdnVector), words);
  std::string list = kEdnVector;
  list.front() = '(';
  list.back() = ')';
  EXPECT_EQ(Words(list), words);
  EXPECT_EQ(Words(list.substr(1, list.size() - 2)), words);
  EXPECT_EQ(Words("#jepsen.history.DenseHistory " + std::string(kEdnVector)), words);
  EXPECT_EQ(
      Words(
          R"(#jepsen.history.Op{:type :invoke :process 0 :f :read} #jepsen.history.Op{:type :ok :process 0 :f :read :value 1})"),
      "0-1 process 0: read = 1\n");
}

TEST(ReadTest, LinesTimesAndIgnoredEventsAreKept) {
  const HistoryFile file = Read(kEdnVector);
  EXPECT_EQ(file.history.invoke_line(0), 1u);
  EXPECT_EQ(file.history.complete_line(0), 3u);
  EXPECT_EQ(file.history.complete_line(1), 5u);
  EXPECT_EQ(file.times, (std::vector<int64_t>{-1, 5, -1, -1, -1, -1}));
  EXPECT_EQ(file.events_ignored, 2u);
  EXPECT_EQ(file.history.told_unknown(2), 5u);
}

TEST(ReadTest, JepsenJson) {
  const std::string text = R"([{"type":"invoke","f":"read","process":0,"time":1,"index":0},
    {"type":"info","f":"pause","process":"nemesis","value":{"a":""}},
    {"type":"ok","f":"read","process":0,"value":7}])";
  EXPECT_EQ(Words(text), "0-1 process 0: read = 7\n");
  EXPECT_EQ(Read(text).format, Format::kJson);
  EXPECT_EQ(Words(R"([{"type":"invoke","f":"transfer","value":{"from":6,"to":1,"amount":2},"process":0},
    {"type":"ok","f":"transfer","value":{"from":6,"to":1,"amount":2},"process":0},
    {"type":"invoke","f":"read","process":0},{"type":"ok","f":"read","process":0,"value":{"10":3,"6":5}}])"),
            "0-1 process 0: transfer [6 1 2]\n2-3 process 0: read = [6 5 10 3]\n");
}

TEST(ReadTest, Ndjson) {
  const HistoryFile file = Read(
      "{\"lockstep\":\"history\",\"model\":\"key-value\",\"initial\":\"\",\"initial-by-key\":{\"x\":[1]},\"nil-read\":"
      "\"no-answer\",\"failed-cas\":\"dropped\"}\n"
      "{\"process\":1,\"type\":\"invoke\",\"f\":\"write\",\"key\":\"x\",\"value\":\"a\",\"time\":3}\n"
      "{\"process\":1,\"type\":\"ok\",\"f\":\"write\",\"key\":\"x\",\"value\":\"a\",\"time\":4,\"rev\":17}\n");
  EXPECT_EQ(file.format, Format::kNdjson);
  EXPECT_EQ(file.semantics.model, ModelKind::kKeyValue);
  EXPECT_EQ(file.history.values().ToString(file.semantics.initial), "\"\"");
  ASSERT_EQ(file.semantics.initial_by_key.size(), 1u);
  EXPECT_EQ(file.history.key_name(file.semantics.initial_by_key[0].first), "x");
  EXPECT_EQ(file.semantics.nil_read, Semantics::NilRead::kNoAnswer);
  EXPECT_EQ(file.semantics.failed_cas, Semantics::FailedCompareAndSet::kDropped);
  EXPECT_EQ(file.history.log_index(0), 17);
  EXPECT_EQ(file.times, (std::vector<int64_t>{3, 4}));
  EXPECT_EQ(file.time_unit_ns, 1000);
  EXPECT_TRUE(file.assumed.empty());
}

TEST(ReadTest, JepsenUtilLog) {
  const std::string text =
      "INFO  jepsen.core - starting\n"
      "INFO  jepsen.util - 0\t:invoke\t:cas\t[1 2]\n"
      "INFO  jepsen.util - :nemesis\t:info\t:start\tnil\n"
      "INFO  jepsen.util - 1\t:invoke\t:read\tnil\n"
      "INFO  jepsen.util - 0\t:info\t:cas\t:timed-out\n"
      "INFO  jepsen.util - 1\t:fail\t:read\t:timed-out\n"
      "INFO  jepsen.util - 2\t:invoke\t:read\tnil\n"
      "INFO  jepsen.util - 2\t:ok\t:read\tnil\n";
  EXPECT_EQ(Words(text),
            "0- process 0: compare-and-set 1 -> 2, unknown\n1-3 process 1: read, failed\n4-5 process 2: read = nil\n");
  const HistoryFile file = Read(text);
  EXPECT_EQ(file.format, Format::kJepsenLog);
  EXPECT_EQ(file.semantics.nil_read, Semantics::NilRead::kValue);
  EXPECT_EQ(file.semantics.failed_cas, Semantics::FailedCompareAndSet::kFact);
}

TEST(ReadTest, KeysComeFromAFieldOrByIndependent) {
  EXPECT_EQ(Words(R"({:process 0 :type :invoke :f :put :key "k" :value "x"})"),
            "0- process 0: write k \"x\", unknown\n");
  ReadOptions independent;
  independent.independent = true;
  EXPECT_EQ(Words("{:process 0 :type :invoke :f :cas :value [7 [1 2]]} {:process 0 :type :ok :f :cas :value [7 [1 2]]}"
                  "{:process 0 :type :invoke :f :read :value [:x nil]} {:process 0 :type :ok :f :read :value [:x 2]}",
                  independent),
            "0-1 process 0: compare-and-set 7 1 -> 2\n2-3 process 0: read x = 2\n");
  EXPECT_EQ(Words("{:process 0 :type :invoke :f :read :value nil}", independent),
            "h:1:43: expected a value [key value], because of --independent, found 'nil}'");
}

TEST(ReadTest, Transactions) {
  EXPECT_EQ(Words("[{:type :invoke :f :txn :value [[:r :x nil] [:w :y 2] [:append :z 3]] :process 0}"
                  " {:type :ok :f :txn :value [[:r :x 1] [:w :y 2] [:append :z 3]] :process 0}]",
                  Model(ModelKind::kKeyValue)),
            "0-1 process 0: transaction [read x = 1, write y 2, append z 3]\n");
  EXPECT_EQ(Words("{:type :invoke :f :read :value [[:r 0 nil]]} {:type :ok :f :read :value [[:r 0 1]]}"),
            "0-1 process 0: transaction [read 0 = 1]\n");
  EXPECT_EQ(
      Words(
          R"({"process":0,"type":"invoke","f":"txn","value":[["write","x",1]],"guards":[["x","=",null],["y","!=",2]],"else":[["range",["a","b"]]]}
{"process":0,"type":"ok","f":"txn","value":[["write","x",1]],"else":[["range",["a","b"],{"aa":5}]],"branch":"else"})"),
      "0-1 process 0: transaction [if x == nil; if y != 2; else range [\"a\" \"b\"] = [\"aa\" 5]]\n");
}

TEST(ReadTest, ASetsReadHasNoOrder) {
  const HistoryFile file = Read(
      "{:type :invoke :f :add :value 5 :process 0} {:type :ok :f :add :value 5 :process 0}"
      "{:type :invoke :f :read :process 0} {:type :ok :f :read :value (7 5 6) :process 0}");
  EXPECT_EQ(file.semantics.model, ModelKind::kSet);
  EXPECT_EQ(file.history.Describe(1), "process 0: read = [5 6 7]");
}

TEST(ReadTest, WhatIsAssumedIsSaidWhereItMatters) {
  using Words = std::vector<std::string>;
  EXPECT_EQ(Read(kEdnVector).assumed,
            (Words{"model register (inferred from read, write, compare-and-set)", "initial value nil (default)",
                   "a failed compare-and-set says nothing (default of edn)"}));
  EXPECT_EQ(Read("{:type :invoke :f :write :value 1 :process 0}").assumed,
            (Words{"model register (inferred from write)"}));
  const HistoryFile pairs =
      Read("{:type :invoke :f :read :value [7 nil]}{:type :ok :f :read :value [7 1]}", Model(ModelKind::kRegister));
  EXPECT_EQ(pairs.assumed.back(),
            "values taken whole, though reads of [key nil] look like jepsen.independent's (--independent)");
  ReadOptions all = Model(ModelKind::kRegister);
  all.initial = "0";
  all.nil_read = Semantics::NilRead::kValue;
  all.failed_cas = Semantics::FailedCompareAndSet::kFact;
  const HistoryFile file = Read(kEdnVector, all);
  EXPECT_TRUE(file.assumed.empty());
  EXPECT_EQ(file.history.values().ToString(file.semantics.initial), "0");
  EXPECT_EQ(file.semantics.failed_cas, Semantics::FailedCompareAndSet::kFact);
}

TEST(ReadTest, InitialValuesAreEdn) {
  ReadOptions options = Model(ModelKind::kRegister);
  options.initial_by_key = {{"x", "[1 :a]"}};
  const HistoryFile file = Read("", options);
  ASSERT_EQ(file.semantics.initial_by_key.size(), 1u);
  EXPECT_EQ(file.history.values().ToString(file.semantics.initial_by_key[0].second), "[1 \":a\"]");
  options.initial = "0 0";
  EXPECT_EQ(Words("", options), "--initial:1:3: expected one value, such as nil, 0 or \"\", found '0'");
  ReadOptions mutex = Model(ModelKind::kMutex);
  mutex.initial = "0";
  EXPECT_EQ(Words("", mutex), "--initial: the model mutex has none to choose");
}

TEST(ReadTest, FormatIsToldFromTheContent) {
  const auto detected = [](const std::string& text) {
    const auto format = DetectFormat(Source::FromText("h", text));
    return std::string(format.ok() ? std::string(Name(*format)) : std::string(format.status().message()));
  };
  EXPECT_EQ(detected(""), "edn");
  EXPECT_EQ(detected("; comment\n[]"), "edn");
  EXPECT_EQ(detected("({:type :ok})"), "edn");
  EXPECT_EQ(detected("#a.b{:type :ok}"), "edn");
  EXPECT_EQ(detected("[ {\"type\": 1}]"), "json");
  EXPECT_EQ(detected("\xEF\xBB\xBF{\"type\": 1}"), "ndjson");
  EXPECT_EQ(detected("WARN  x - y\n"), "jepsen-log");
  EXPECT_EQ(detected(std::string("\n\x10lockstep-history", 18)), "protobuf");
  EXPECT_EQ(
      detected("hello"),
      "h:1:1: expected a history: EDN, JSON, NDJSON, a jepsen.util log or our protobuf (say which with --format), "
      "found 'hello'");
  ReadOptions json;
  json.format = Format::kJson;
  EXPECT_EQ(Words("[{:type :ok}]", json), "h:1:3: expected string literal, found ':type :ok}]'");
}

// One malformed text each, with the message that tells where and what.
TEST(ReadTest, MalformedHistories) {
  const std::pair<const char*, const char*> cases[] = {
      {"[{:type :ok", "h:1:12: expected '}' to close the map or another value, found the end of the file"},
      {"[{:type :invoke :f :read :process 0}",
       "h:1:37: expected an event, or ']' to close the '[' that opens the history, found the end of the file"},
      {"[] []", "h:1:4: expected nothing behind the history, found '[]'"},
      {"[1]", "h:1:2: expected an event, a map such as {:type :invoke ...}, found '1]'"},
      {"{:f :read}", "h:1:1: this event has no type; expected invoke, ok, fail or info"},
      {"{:type :maybe}", "h:1:8: expected a type: invoke, ok, fail or info, found ':maybe}'"},
      {"{:type :invoke}", "h:1:1: this event has no f; expected a function such as read or write"},
      {"{:type :ok :f :read :process -1}",
       "h:1:30: expected a process: a number from 0 to 4294967294, or a name such as :nemesis, found '-1}'"},
      {"{:type :ok :f :read :time :x}", "h:1:27: expected an integer as time, found ':x}'"},
      {"\n{:type :invoke :f :jump}",
       "h:2:1: unknown function jump; expected read, write, cas, append, delete, range, delete-range, txn, acquire, "
       "release, renew, add, enqueue, dequeue or transfer"},
      {"{:type :ok :f :read :process 4}",
       "h:1:1: process 4 completes an operation, but has none open; its invocation is missing"},
      {"{:type :invoke :f :read}{:type :ok :f :write}",
       "h:1:25: process 0 completes a write, but its open operation is a read"},
      {"{:type :invoke :f :read}{:type :invoke :f :read}",
       "h:1:25: process 0 invokes an operation while its read is still open; complete that one first"},
      {"{:type :invoke :f :cas :value 3}", "h:1:31: expected [old new], the values of a compare-and-set, found '3}'"},
      {"{:type :invoke :f :write}", "h:1:1: write without a value; expected what is written"},
      {"{:type :invoke :f :write :value 1}{:type :ok :f :write :value 2}",
       "h:1:63: process 0 completes its write with another value than it invoked it with"},
      {"{:type :invoke :f :txn :value [[:jump 1 2]]}",
       "h:1:32: expected a step [f key value], f being read, write, cas, append or delete, found '[:jump 1 2]]}'"},
      {"{:type :invoke :f :txn :value [[:w 1 2]]}{:type :ok :f :txn :value [[:w 1 3]]}",
       "h:1:68: process 0 completes a transaction with other steps than it invoked it with"},
      {"{:type :invoke :f :range :value [1 2]}",
       "h:1:33: expected a range: [first end], two texts, the end excluded or nil, found '[1 2]}'"},
      {"{\"type\":\"invoke\",\"f\":\"read\"", "h:1:28: expected '}', found the end of the file"},
      {"[{\"type\":\"invoke\",\"f\":\"read\"} {", "h:1:31: expected ',' or ']' behind an event, found '{'"},
      {"{\"type\":\"info\",\"process\":\"n\"}\n{\"lockstep\":1,\"model\":\"jump\"}",
       "h:2:23: expected a model's name, such as \"register\", found '\"jump\"}'"},
      {"INFO  jepsen.util - 0\t:invoke\t:read", "h:1:36: expected a value, found the end of the file"},
      {"INFO  jepsen.util - 0\t:invoke\t:read\tnil\nhello",
       "h:2:1: expected a line `INFO  jepsen.util - process type function value`, found 'hello'"},
      {"\n\x10lockstep-history\x1a\x05xx",
       "h: byte 18: expected a field of HistoryFile (history.proto); the file is cut or broken"},
  };
  for (const auto& [text, message] : cases) EXPECT_EQ(Words(text), message) << text;
}

TEST(ReadTest, AProcessEndsWithAnUnknownOutcomeInJepsensFormats) {
  const std::string edn = "{:type :invoke :f :read}{:type :info :f :read}{:type :invoke :f :read}";
  EXPECT_EQ(Words(edn),
            "h:1:47: process 0 invokes an operation after one of unknown outcome; a new process must take over");
  const std::string ours = R"({"type":"invoke","f":"read"}{"type":"info","f":"read"}{"type":"invoke","f":"read"})";
  EXPECT_EQ(Words(ours), "0- process 0: read, unknown\n2- process 0: read, unknown\n");
}

}  // namespace
}  // namespace lockstep::linearizability::format
