#include "spec/linearizability/report/page.h"

#include <algorithm>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "spec/linearizability/report/page_data.h"
#include "spec/linearizability/report/page_template.h"

namespace lockstep::linearizability::report {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kKindCount = static_cast<size_t>(OperationKind::kTransfer) + 1;

std::string EscapeMarkup(std::string_view text) {
  std::string escaped;
  for (char c : text) {
    switch (c) {
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '&':
        escaped += "&amp;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

// JSON that can stand in a script element: no '<' that could end it.
std::string EmbeddedJson(const Json& json) {
  std::string escaped;
  for (char c : json.dump(-1, ' ', false, Json::error_handler_t::replace)) {
    if (c == '<') {
      escaped += "\\u003c";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

// The record of an operation that is on the page.
ptrdiff_t IndexOf(const PageData& data, OperationId id) {
  return std::lower_bound(data.ids.begin(), data.ids.end(), id) - data.ids.begin();
}

// The explanation's lines. Behind the first one come the conflict's operations, in order; they lead to the bars.
Json Why(const format::HistoryFile& file, const CheckResult& result, const PageData& data) {
  Json why = Json::array();
  const std::string words = ExplainConflict(file.history, file.semantics, result);
  size_t line = 0;
  for (size_t at = 0; at < words.size(); ++line) {
    const size_t end = std::min(words.find('\n', at), words.size());
    const bool operation = line >= 1 && line <= result.conflict.size();
    Json entry = {{"text", words.substr(at + (operation ? 2 : 0), end - at - (operation ? 2 : 0))}};
    if (operation) entry["operation"] = IndexOf(data, result.conflict[line - 1].id);
    why.push_back(std::move(entry));
    at = end + 1;
  }
  return why;
}

std::string_view Mood(Verdict verdict) {
  switch (verdict) {
    case Verdict::kLinearizable:
      return "good";
    case Verdict::kNotLinearizable:
      return "bad";
    case Verdict::kUnknown:
      break;
  }
  return "open";
}

Json Meta(const format::HistoryFile& file, const CheckResult& result, const PageOptions& options,
          const PageData& data) {
  const History& history = file.history;
  Json meta;
  meta["title"] = file.name;
  meta["verdict"] = Describe(result);
  meta["mood"] = std::string(Mood(result.verdict));
  meta["facts"] = options.facts;
  meta["why"] = Why(file, result, data);
  meta["operations"] = data.ids.size();
  meta["firstPosition"] = data.first;
  meta["events"] = data.events;
  meta["event"] = result.event == kNever ? Json() : Json(result.event);
  meta["times"] = data.has_times;
  meta["timeUnit"] = file.time_unit_ns;
  meta["points"] = data.has_points;
  meta["note"] = data.ids.size() == history.size()
                     ? ""
                     : absl::StrCat("Only ", data.ids.size(), " of ", history.size(), " operations are on this page.");
  Json kinds = Json::array();
  for (size_t kind = 0; kind < kKindCount; ++kind) {
    kinds.push_back(std::string(linearizability::Name(static_cast<OperationKind>(kind))));
  }
  meta["kinds"] = std::move(kinds);
  Json keys = Json::array();
  for (Key key = 0; key < history.key_count(); ++key) keys.push_back(history.key_name(key));
  meta["keys"] = std::move(keys);
  Json conflict = Json::array();
  for (const ConflictItem& item : result.conflict) {
    conflict.push_back({{"index", IndexOf(data, item.id)}, {"part", static_cast<int>(item.part)}});
  }
  meta["conflict"] = std::move(conflict);
  Json related = Json::array();
  for (OperationId id : data.related) related.push_back(IndexOf(data, id));
  meta["related"] = std::move(related);
  meta["assumed"] = file.assumed;
  meta["values"] = data.values;
  return meta;
}

}  // namespace

std::string MakePage(const format::HistoryFile& file, const CheckResult& result, const PageOptions& options) {
  const PageData data = PackPage(file, result, options.operations_max);
  const std::pair<std::string_view, std::string> parts[] = {
      {"@@TITLE@@", EscapeMarkup(absl::StrCat(Describe(result), ": ", file.name))},
      {"@@META@@", EmbeddedJson(Meta(file, result, options, data))},
      {"@@DATA@@", Base64(data.records)},
      {"@@SCRIPT@@", std::string(kPageScript)},
  };
  // The marks come in this order, and what replaces one is not searched for the next.
  std::string page;
  std::string_view rest = kPageHtml;
  for (const auto& [mark, text] : parts) {
    const size_t at = rest.find(mark);
    page += rest.substr(0, at);
    page += text;
    rest.remove_prefix(at + mark.size());
  }
  page += rest;
  return page;
}

}  // namespace lockstep::linearizability::report
