#include "spec/linearizability/format/write.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "rapidcheck/gtest.h"
#include "spec/linearizability/format/protobuf.h"
#include "spec/linearizability/format/read.h"

namespace lockstep::linearizability::format {
namespace {

using K = OperationKind;

const std::vector<std::string> kKeyNames = {"x", "key 2", "quote\"back\\slash", "über", "two\nlines", "7"};
constexpr uint32_t kProcesses = 4;

// Draws one random history of a model.
class Generator {
 public:
  Generator(ModelKind model, bool processes_go_on)
      : model_(model),
        builder_(processes_go_on ? HistoryBuilder::AfterUnknown::kProcessContinues
                                 : HistoryBuilder::AfterUnknown::kProcessEnds) {}

  HistoryFile Draw() {
    const bool one_key = *rc::gen::arbitrary<bool>();
    if (one_key) {
      keys_.push_back(builder_.InternKey(""));
    } else {
      for (const std::string& name : kKeyNames) keys_.push_back(builder_.InternKey(name));
    }
    const int events = *rc::gen::inRange(0, 40);
    const bool timed = *rc::gen::arbitrary<bool>();
    HistoryFile file;
    int64_t time = 0;
    for (int i = 0; i < events; ++i) {
      Step();
      time += 1000 * *rc::gen::inRange(0, 1000);
      if (timed) file.times.push_back(time);
    }
    file.semantics.model = model_;
    file.semantics.initial = HasInitial() ? Some(1) : kNil;
    if (HasInitial() && !one_key) file.semantics.initial_by_key.emplace_back(keys_[0], Some(1));
    file.semantics.nil_read = *rc::gen::element(Semantics::NilRead::kValue, Semantics::NilRead::kNoAnswer);
    file.semantics.failed_cas =
        *rc::gen::element(Semantics::FailedCompareAndSet::kDropped, Semantics::FailedCompareAndSet::kFact);
    file.history = std::move(builder_).Finish();
    return file;
  }

 private:
  bool HasInitial() const {
    return model_ == ModelKind::kRegister || model_ == ModelKind::kKeyValue || model_ == ModelKind::kListAppend;
  }
  template <typename... Kinds>
  static K OneOf(Kinds... kinds) {
    return *rc::gen::elementOf(std::vector<K>{kinds...});
  }
  K Kind() const {
    switch (model_) {
      case ModelKind::kRegister:
        return OneOf(K::kRead, K::kWrite, K::kCompareAndSet);
      case ModelKind::kKeyValue:
        return OneOf(K::kRead, K::kWrite, K::kCompareAndSet, K::kAppend, K::kDelete, K::kRange, K::kDeleteRange,
                     K::kTransaction);
      case ModelKind::kListAppend:
        return OneOf(K::kRead, K::kAppend, K::kTransaction);
      case ModelKind::kMutex:
        return OneOf(K::kAcquire, K::kRelease);
      case ModelKind::kLease:
        return OneOf(K::kAcquire, K::kRelease, K::kRenew);
      case ModelKind::kSet:
      case ModelKind::kCounter:
        return OneOf(K::kRead, K::kAdd);
      case ModelKind::kQueue:
        return OneOf(K::kEnqueue, K::kDequeue);
      case ModelKind::kBank:
        break;
    }
    return OneOf(K::kRead, K::kTransfer);
  }

  Value Integer() { return builder_.values().Integer(*rc::gen::arbitrary<int64_t>()); }
  Value Text() {
    return builder_.values().String(*rc::gen::element<std::string>("", "plain", "a\"b", "back\\slash", "line\nbreak",
                                                                   "tab\t", "\x01", "é€😀", ":key"));
  }
  Value Some(int depth) {
    switch (*rc::gen::inRange(0, depth > 0 ? 5 : 4)) {
      case 0:
        return kNil;
      case 1:
        return builder_.values().Integer(*rc::gen::inRange(-3, 10));
      case 2:
        return Integer();
      case 3:
        return Text();
      default:
        return List(depth - 1);
    }
  }
  Value List(int depth) {
    std::vector<Value> items(static_cast<size_t>(*rc::gen::inRange(0, 4)));
    for (Value& item : items) item = Some(depth);
    return builder_.values().List(items);
  }
  Value Bounds() {
    const Value bounds[] = {Text(), *rc::gen::arbitrary<bool>() ? Text() : kNil};
    return builder_.values().List(bounds);
  }
  Value Pairs() {  // names ascending
    std::vector<Value> pairs;
    for (const char* name : {"a", "b \" c", "d"}) {
      if (*rc::gen::arbitrary<bool>()) continue;
      pairs.push_back(builder_.values().String(name));
      pairs.push_back(Some(1));
    }
    return builder_.values().List(pairs);
  }
  Key AnyKey() { return *rc::gen::elementOf(keys_); }

  TransactionStep StepOf(bool answers) {
    TransactionStep step;
    step.kind = model_ == ModelKind::kListAppend
                    ? OneOf(K::kRead, K::kAppend)
                    : OneOf(K::kRead, K::kWrite, K::kCompareAndSet, K::kAppend, K::kDelete, K::kRange);
    step.key = step.kind == K::kRange ? 0 : AnyKey();
    if (step.kind == K::kRange) step.argument = Bounds();
    if (step.kind == K::kWrite || step.kind == K::kAppend || step.kind == K::kCompareAndSet) step.argument = Some(1);
    if (step.kind == K::kCompareAndSet) step.expected = Some(1);
    if (answers && step.kind == K::kRead) step.result = *rc::gen::arbitrary<bool>() ? Some(1) : kUnknownValue;
    if (answers && step.kind == K::kRange) step.result = Pairs();
    return step;
  }
  Transaction SomeTransaction() {
    Transaction transaction;
    const auto fill = [&](std::vector<TransactionStep>* steps, int least) {
      const int count = *rc::gen::inRange(least, 4);
      for (int i = 0; i < count; ++i) steps->push_back(StepOf(false));
    };
    fill(&transaction.then, 1);
    fill(&transaction.otherwise, 0);
    const int guards = *rc::gen::inRange(0, 3);
    for (int i = 0; i < guards; ++i) {
      transaction.guards.push_back(
          {AnyKey(), *rc::gen::element(TransactionGuard::Comparison::kEqual, TransactionGuard::Comparison::kNotEqual),
           Some(1)});
    }
    return transaction;
  }

  void Step() {
    const uint32_t process = *rc::gen::elementOf(alive_);
    const Operation* open = builder_.OpenOperation(process);
    if (open == nullptr) {
      Invoke(process);
    } else {
      Complete(process, *open);
    }
  }
  void Invoke(uint32_t process) {
    Invocation invocation;
    invocation.kind = Kind();
    const bool keyless =
        invocation.kind == K::kRange || invocation.kind == K::kDeleteRange || invocation.kind == K::kTransaction;
    if (!keyless) invocation.key = AnyKey();
    switch (invocation.kind) {
      case K::kCompareAndSet:
        invocation.expected = Some(1);
        invocation.argument = Some(1);
        break;
      case K::kWrite:
      case K::kAppend:
      case K::kEnqueue:
        invocation.argument = Some(2);
        break;
      case K::kAdd:
        invocation.argument = model_ == ModelKind::kCounter ? Integer() : Some(1);
        break;
      case K::kRange:
      case K::kDeleteRange:
        invocation.argument = Bounds();
        break;
      case K::kTransfer: {
        const Value transfer[] = {Integer(), Text(), Integer()};
        invocation.argument = builder_.values().List(transfer);
        break;
      }
      case K::kRelease:
      case K::kRenew:
        if (model_ == ModelKind::kLease) invocation.argument = Integer();
        break;
      default:
        break;
    }
    if (invocation.kind == K::kTransaction) {
      asked_[process] = SomeTransaction();
      invocation.transaction = &asked_[process];
    }
    RC_ASSERT(builder_.Invoke(process, invocation).ok());
  }
  void Complete(uint32_t process, const Operation& open) {
    Completion completion;
    completion.outcome =
        *rc::gen::weightedElement<Outcome>({{6, Outcome::kOk}, {1, Outcome::kFail}, {1, Outcome::kUnknown}});
    if (*rc::gen::arbitrary<bool>()) completion.log_index = *rc::gen::inRange(0, 1000);
    if (completion.outcome == Outcome::kOk) Answer(process, open, &completion);
    RC_ASSERT(builder_.Complete(process, completion).ok());
    // A process that ended is replaced by a new one, as Jepsen does.
    if (completion.outcome == Outcome::kUnknown)
      std::replace(alive_.begin(), alive_.end(), process, process + kProcesses);
    if (asked_.size() <= process + kProcesses) asked_.resize(process + 2 * kProcesses);
  }
  void Answer(uint32_t process, const Operation& open, Completion* completion) {
    switch (open.kind) {
      case K::kRead:
        completion->result = *rc::gen::arbitrary<bool>() || model_ == ModelKind::kBank ? ReadAnswer() : kUnknownValue;
        break;
      case K::kDequeue:
        completion->result = Some(1);
        break;
      case K::kAcquire:
        if (model_ == ModelKind::kLease) completion->result = Integer();
        break;
      case K::kRange:
        completion->result = Pairs();
        break;
      case K::kTransaction: {
        Transaction& transaction = asked_[process];
        transaction.taken = *rc::gen::element(Transaction::Branch::kThen, Transaction::Branch::kOtherwise,
                                              Transaction::Branch::kNotTold);
        for (auto* steps : {&transaction.then, &transaction.otherwise}) {
          for (TransactionStep& step : *steps) {
            if (step.kind == K::kRead) step.result = Some(1);
            if (step.kind == K::kRange) step.result = Pairs();
          }
        }
        completion->transaction = &transaction;
        break;
      }
      default:
        break;
    }
  }
  Value ReadAnswer() {
    if (model_ == ModelKind::kCounter) return Integer();
    if (model_ != ModelKind::kSet && model_ != ModelKind::kBank) return Some(2);
    std::vector<Value> items;
    for (int i = 0; i < 4; ++i) {
      if (*rc::gen::arbitrary<bool>()) continue;
      items.push_back(builder_.values().Integer(i));
      if (model_ == ModelKind::kBank) items.push_back(Integer());
    }
    return builder_.values().List(items);
  }

  ModelKind model_;
  HistoryBuilder builder_;
  std::vector<Key> keys_;
  std::vector<uint32_t> alive_ = {0, 1, 2, 3};
  std::vector<Transaction> asked_ = std::vector<Transaction>(3 * kProcesses);
};

// Everything the file says, as text: histories are the same exactly when their texts are.
std::string Everything(const HistoryFile& file) {
  const History& history = file.history;
  std::string text;
  const auto add = [&](auto number) { text += std::to_string(static_cast<int64_t>(number)) + " "; };
  const auto value = [&](Value v) { text += history.values().ToString(v) + " "; };
  for (OperationId id = 0; id < history.size(); ++id) {
    const Operation& op = history.operation(id);
    text += history.Describe(id) + " | ";
    add(op.kind), add(op.outcome), add(op.invoke), add(op.complete), add(history.told_unknown(id)),
        add(history.log_index(id));
    if (op.kind == K::kTransaction) {
      const Transaction& transaction = history.TransactionOf(op);
      add(transaction.taken);
      for (const auto* steps : {&transaction.then, &transaction.otherwise}) {
        add(steps->size());
        for (const TransactionStep& step : *steps) value(step.argument), value(step.expected), value(step.result);
      }
      for (const TransactionGuard& guard : transaction.guards) {
        add(guard.comparison), value(guard.value);
        text += history.key_name(guard.key);
      }
    } else {
      value(op.argument), value(op.expected), value(op.result);
      if (op.kind != K::kRange && op.kind != K::kDeleteRange) text += history.key_name(op.key);
    }
    text += "\n";
  }
  for (int64_t time : file.times) add(time < 0 ? -1 : time * file.time_unit_ns);
  return text;
}

void ExpectSame(const std::string& found, const std::string& expected) {
  if (found != expected) RC_FAIL("read back:\n" + found + "\nwritten:\n" + expected);
}

std::string SemanticsText(const HistoryFile& file) {
  std::string text = FlagsOf(file);
  for (const auto& [key, value] : file.semantics.initial_by_key) {
    text += " " + file.history.key_name(key) + " " + file.history.values().ToString(value);
  }
  return text;
}

ModelKind SomeModel() {
  return *rc::gen::element(ModelKind::kRegister, ModelKind::kKeyValue, ModelKind::kListAppend, ModelKind::kMutex,
                           ModelKind::kLease, ModelKind::kSet, ModelKind::kQueue, ModelKind::kCounter,
                           ModelKind::kBank);
}

HistoryFile ReadBack(const std::string& text, Format format, const ReadOptions& options) {
  const Source source = Source::FromText("written", text);
  const auto file = ReadHistory(source, options);
  if (!file.ok()) RC_FAIL(std::string(file.status().message()) + "\n" + text);
  RC_ASSERT(file->format == format);
  return *file;
}

RC_GTEST_PROP(WritePropertyTest, EdnReadsBack, ()) {
  const HistoryFile file = Generator(SomeModel(), /*processes_go_on=*/false).Draw();
  ReadOptions options;
  options.model = file.semantics.model;  // EDN has no place for it
  const HistoryFile again = ReadBack(WriteEdn(file), Format::kEdn, options);
  ExpectSame(Everything(again), Everything(file));
}

RC_GTEST_PROP(WritePropertyTest, NdjsonReadsBackWithItsSemantics, ()) {
  const HistoryFile file = Generator(SomeModel(), /*processes_go_on=*/true).Draw();
  const HistoryFile again = ReadBack(WriteNdjson(file), Format::kNdjson, {});
  ExpectSame(Everything(again), Everything(file));
  RC_ASSERT(SemanticsText(again) == SemanticsText(file));
  RC_ASSERT(again.assumed.empty());
}

RC_GTEST_PROP(WritePropertyTest, ProtobufReadsBackWithItsSemantics, ()) {
  const HistoryFile file = Generator(SomeModel(), /*processes_go_on=*/true).Draw();
  const HistoryFile again = ReadBack(WriteProtobuf(file), Format::kProtobuf, {});
  ExpectSame(Everything(again), Everything(file));
  RC_ASSERT(SemanticsText(again) == SemanticsText(file));
}

TEST(WriteTest, EdnIsWhatJepsenWrites) {
  const Source source = Source::FromText(
      "h",
      "{\"type\":\"invoke\",\"f\":\"cas\",\"key\":\"k\",\"value\":[null,\"a\"],\"process\":3,\"time\":2}"
      "{\"type\":\"fail\",\"f\":\"cas\",\"process\":3,\"rev\":9}");
  const auto file = ReadHistory(source);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(WriteEdn(*file),
            "; read it with: lockstep check --model=register --nil-read=value --failed-cas=fact\n"
            "[{:process 3, :type :invoke, :f :cas, :key \"k\", :value [nil \"a\"], :time 2000}\n"
            " {:process 3, :type :fail, :f :cas, :key \"k\", :value [nil \"a\"], :rev 9}]\n");
  EXPECT_EQ(WriteNdjson(*file),
            "{\"lockstep\":\"history\",\"model\":\"register\",\"initial\":null,\"nil-read\":\"value\",\"failed-cas\":"
            "\"fact\"}\n"
            "{\"process\":3,\"type\":\"invoke\",\"f\":\"cas\",\"key\":\"k\",\"value\":[null,\"a\"],\"time\":2}\n"
            "{\"process\":3,\"type\":\"fail\",\"f\":\"cas\",\"key\":\"k\",\"value\":[null,\"a\"],\"rev\":9}\n");
}

TEST(WriteTest, FileNamesChooseTheFormat) {
  const HistoryFile file;
  const std::string folder = testing::TempDir();
  for (const auto& [name, format] :
       {std::pair{"/w.edn", Format::kEdn}, {"/w.ndjson", Format::kNdjson}, {"/w.pb", Format::kProtobuf}}) {
    ASSERT_TRUE(WriteHistoryFile(file, folder + name).ok());
    const auto again = ReadHistoryFile(folder + name);
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_EQ(again->format, format);
  }
  EXPECT_EQ(WriteHistoryFile(file, "w.txt").message(), "w.txt: expected a name ending in .edn, .ndjson or .pb");
  EXPECT_EQ(WriteHistoryFile(file, folder + "/no/such/folder/w.edn").code(), absl::StatusCode::kInternal);
}

}  // namespace
}  // namespace lockstep::linearizability::format
