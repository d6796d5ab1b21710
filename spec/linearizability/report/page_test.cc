#include "spec/linearizability/report/page.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "gtest/gtest.h"
#include "spec/linearizability/format/read.h"
#include "spec/linearizability/report/page_data.h"

namespace lockstep::linearizability::report {
namespace {

using nlohmann::json;

format::HistoryFile Read(const std::string& text) {
  const auto source = format::Source::FromText("a<b>&.edn", text);
  auto file = format::ReadHistory(source);
  EXPECT_TRUE(file.ok()) << file.status();
  return *std::move(file);
}

CheckResult Decide(const format::HistoryFile& file) {
  CheckOptions options;
  options.semantics = file.semantics;
  auto result = Check(file.history, options);
  EXPECT_TRUE(result.ok()) << result.status();
  return *std::move(result);
}

std::string Event(int process, const std::string& type, const std::string& f, const std::string& value, int time) {
  return "{:process " + std::to_string(process) + " :type :" + type + " :f :" + f + " :value " + value + " :time " +
         std::to_string(time) + "}\n";
}

// A stale read: 1 is overwritten by 2, then read.
std::string Stale(const std::string& one, const std::string& two) {
  return Event(0, "invoke", "write", one, 5) + Event(0, "ok", "write", one, 12) + Event(0, "invoke", "write", two, 19) +
         Event(0, "ok", "write", two, 26) + Event(1, "invoke", "read", "nil", 33) + Event(1, "ok", "read", one, 40);
}

// What stands in the page's element of that id.
std::string Element(const std::string& page, const std::string& id) {
  const size_t open = page.find("id=\"" + id + "\">") + id.size() + 6;
  return page.substr(open, page.find("</script>", open) - open);
}

// Decodes as page.js does.
struct Reader {
  std::string bytes;
  size_t at = 0;
  uint64_t Varint() {
    uint64_t value = 0;
    for (int shift = 0;; shift += 7) {
      const auto byte = static_cast<uint8_t>(bytes.at(at++));
      value |= uint64_t{byte & 127u} << shift;
      if (byte < 128) return value;
    }
  }
  uint8_t Byte() { return static_cast<uint8_t>(bytes.at(at++)); }
};

TEST(PageTest, IsOneSelfContainedDocument) {
  const auto file = Read(Stale("1", "2"));
  const std::string page = MakePage(file, Decide(file), {});
  EXPECT_EQ(page.find("@@"), std::string::npos);
  EXPECT_EQ(page.substr(0, 15), "<!doctype html>");
  for (const char* outside : {"http:", "https:", "src=", "href=", "@import", "url("}) {
    EXPECT_EQ(page.find(outside), std::string::npos) << outside;
  }
}

TEST(PageTest, TellsTheVerdictAndItsReason) {
  const auto file = Read(Stale("1", "2"));
  PageOptions options;
  options.facts = {"3 operations"};
  const json meta = json::parse(Element(MakePage(file, Decide(file), options), "meta"));
  EXPECT_EQ(meta["verdict"], "not linearizable");
  EXPECT_EQ(meta["mood"], "bad");
  EXPECT_EQ(meta["facts"], json::array({"3 operations"}));
  ASSERT_EQ(meta["conflict"].size(), 2u);
  EXPECT_EQ(meta["conflict"][0]["index"], 1);    // the write of 2
  EXPECT_EQ(meta["conflict"][1]["index"], 2);    // the read
  EXPECT_EQ(meta["related"], json::array({0}));  // the write of what was read
  EXPECT_EQ(meta["why"][1]["operation"], 1);
  EXPECT_EQ(meta["why"][2]["operation"], 2);
  EXPECT_EQ(meta["why"][2]["text"].get<std::string>().substr(0, 10), "process 1:");
  EXPECT_FALSE(meta["why"][3].contains("operation"));
  EXPECT_FALSE(meta["points"]);
}

TEST(PageTest, HistoryTextIsNeverMarkup) {
  const auto file = Read(Stale(R"("</script><script>alert(1)</script>")", R"("<!--")"));
  const std::string page = MakePage(file, Decide(file), {});
  EXPECT_EQ(page.find("alert(1)</"), std::string::npos);
  EXPECT_EQ(page.find("<!--"), std::string::npos);
  EXPECT_NE(page.find("<title>not linearizable: a&lt;b&gt;&amp;.edn</title>"), std::string::npos);
  const json meta = json::parse(Element(page, "meta"));
  EXPECT_EQ(meta["title"], "a<b>&.edn");
  EXPECT_EQ(meta["values"][0], R"("</script><script>alert(1)</script>")");
}

TEST(PageDataTest, RecordsHoldEveryOperation) {
  const auto file = Read(Stale("-3", "\"text\""));
  const PageData data = PackPage(file, Decide(file), 100);
  EXPECT_EQ(data.first, 0u);
  EXPECT_EQ(data.events, 6u);
  ASSERT_EQ(data.values, std::vector<std::string>{"\"text\""});
  Reader reader{data.records};
  struct Expected {
    uint64_t invoke, head, length, process, key;
  };
  const Expected expected[] = {{0, 1, 1, 0, 1}, {2, 1, 1, 0, 1}, {2, 0, 1, 1, 1}};
  for (const Expected& e : expected) {
    EXPECT_EQ(reader.Varint(), e.invoke);
    EXPECT_EQ(reader.Byte(), e.head);
    EXPECT_EQ(reader.Varint(), e.length);
    EXPECT_EQ(reader.Varint(), e.process);
    EXPECT_EQ(reader.Varint(), e.key);
    const uint8_t length = reader.Byte();
    const size_t end = reader.at + length;
    const bool writes = e.head == 1;
    EXPECT_EQ(reader.Byte(), 16 + (writes ? 1 : 4));
    const uint64_t value = reader.Varint();
    EXPECT_TRUE(value == 2 * 5 || value == 1) << value;  // zigzag(-3) = 5; text 0
    reader.at = end;
  }
  ASSERT_TRUE(data.has_times);
  for (uint64_t delta : {0, 7, 7, 7, 7, 7}) EXPECT_EQ(reader.Varint(), delta);
  EXPECT_EQ(reader.at, data.records.size());
}

TEST(PageDataTest, LinearizableHistoriesHavePoints) {
  const auto file = Read(Event(0, "invoke", "write", "1", 1) + Event(0, "ok", "write", "1", 2));
  EXPECT_TRUE(PackPage(file, Decide(file), 100).has_points);
}

TEST(PageDataTest, OfALongHistoryOnlyWhatIsNearTheViolationIsShown) {
  std::string text = Stale("1", "2");
  for (int i = 0; i < 200; ++i) text += Event(2, "invoke", "read", "nil", 99) + Event(2, "ok", "read", "2", 99);
  const auto file = Read(text);
  const PageData data = PackPage(file, Decide(file), 20);
  EXPECT_EQ(data.ids.size(), 20u);
  EXPECT_EQ(data.ids.front(), 0u);
  EXPECT_EQ(data.related, std::vector<OperationId>{0});
  CheckResult late = Decide(file);
  late.conflict.back().id = 150;
  const PageData around = PackPage(file, late, 20);
  EXPECT_TRUE(std::is_sorted(around.ids.begin(), around.ids.end()));
  EXPECT_EQ(std::count(around.ids.begin(), around.ids.end(), 1u), 1);  // offending, far away
  EXPECT_EQ(std::count(around.ids.begin(), around.ids.end(), 150u), 1);
  EXPECT_EQ(around.ids.back(), 159u);
}

TEST(PageDataTest, EmptyHistory) {
  const auto file = Read("");
  EXPECT_TRUE(PackPage(file, Decide(file), 20).ids.empty());
  EXPECT_NE(MakePage(file, Decide(file), {}).find("\"operations\":0"), std::string::npos);
}

TEST(PageDataTest, Base64) {
  EXPECT_EQ(Base64(""), "");
  EXPECT_EQ(Base64("f"), "Zg==");
  EXPECT_EQ(Base64("fo"), "Zm8=");
  EXPECT_EQ(Base64("foo"), "Zm9v");
  EXPECT_EQ(Base64("\xff\xfe\xfd"), "//79");
}

}  // namespace
}  // namespace lockstep::linearizability::report
