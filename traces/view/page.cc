#include "traces/view/page.h"

#include <utility>

#include "traces/view/page_template.h"

namespace lockstep::traces::view {
namespace {

std::string EscapeMarkup(std::string_view text) {
  std::string escaped;
  for (char c : text) {
    if (c == '<') {
      escaped += "&lt;";
    } else if (c == '&') {
      escaped += "&amp;";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

// JSON that can stand in a script element: no '<' that could end it.
std::string EmbeddedJson(const nlohmann::ordered_json& json) {
  const std::string text = json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  std::string escaped;
  escaped.reserve(text.size());
  for (char c : text) {
    if (c == '<') {
      escaped += "\\u003c";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

}  // namespace

std::string Assemble(const Page& page, const std::string& title, const nlohmann::ordered_json& data) {
  const std::pair<std::string_view, std::string> parts[] = {
      {"@@TITLE@@", EscapeMarkup(title)},
      {"@@STYLE@@", std::string(kStyle)},
      {"@@DATA@@", EmbeddedJson(data)},
      {"@@SCRIPT@@", std::string(page.script)},
  };
  // The marks come in this order, and what replaces one is not searched for the next.
  std::string text;
  std::string_view rest = page.html;
  for (const auto& [mark, part] : parts) {
    const size_t at = rest.find(mark);
    text += rest.substr(0, at);
    text += part;
    rest.remove_prefix(at + mark.size());
  }
  text += rest;
  return text;
}

}  // namespace lockstep::traces::view
