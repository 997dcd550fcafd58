#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/json/value.h"
#include "tests/functional/http.h"

namespace kap::functional {

/// One example of a page of docs/api: a ```http block with a request, and the ```http block after
/// it with what must come back. docs/api/README.md has the rules.
struct DocExample {
  std::size_t line = 0;                  // of the request's fence
  std::string token = "system/*.cruds";  // scopes; `none`: no token is sent
  bool repeat = false;                   // until the status is the expected one
  HttpRequest request;                   // url: `/fhir/Patient/{{patient}}`
  long status = 0;
  std::vector<std::string> headers;  // `ETag: W/"1"`
  std::string body;                  // empty: not compared
};

/// Throws std::runtime_error, with the line, where a page is not as the rules demand.
[[nodiscard]] std::vector<DocExample> read_doc_examples(const std::filesystem::path& page);

/// What `{{name}}` stands for. The first time a name is met in an answer it takes what stands
/// there.
using DocVariables = std::map<std::string, std::string>;

/// `text` with its variables replaced; throws std::runtime_error for an unknown one.
[[nodiscard]] std::string fill(std::string_view text, const DocVariables& variables);

/// Compares by the pattern's `…` (anything) and `{{name}}`.
[[nodiscard]] bool text_fits(std::string_view pattern, std::string_view actual,
                             DocVariables& variables);

/// Whether the answer holds at least what is expected: members may be more, and items of arrays may
/// stand between those expected. Empty when it does, else the first difference with its path.
[[nodiscard]] std::string find_difference(const fhir::json::Value& expected,
                                          const fhir::json::Value& actual, DocVariables& variables,
                                          const std::string& path = "body");

/// The same for a whole answer; `base` is what https://gateway.example/fhir of the page stands for.
[[nodiscard]] std::string find_difference(const DocExample& example, const HttpResponse& response,
                                          DocVariables& variables);

}  // namespace kap::functional
