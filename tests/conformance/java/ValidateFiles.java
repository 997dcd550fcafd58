import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.DefaultProfileValidationSupport;
import ca.uhn.fhir.context.support.IValidationSupport;
import ca.uhn.fhir.validation.FhirValidator;
import ca.uhn.fhir.validation.ResultSeverityEnum;
import ca.uhn.fhir.validation.SingleValidationMessage;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.hl7.fhir.common.hapi.validation.support.CommonCodeSystemsTerminologyService;
import org.hl7.fhir.common.hapi.validation.support.NpmPackageValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.SnapshotGeneratingValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.UnknownCodeSystemWarningValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.ValidationSupportChain;
import org.hl7.fhir.common.hapi.validation.validator.FhirInstanceValidator;
import org.hl7.fhir.r5.utils.validation.constants.BestPracticeWarningLevel;

/**
 * Validates resources with the official Java library and prints what it says of each, one JSON
 * object a line: {"name":..., "issues":[{"severity","path","message"}]}.
 *
 * <p>Arguments: PACKAGE-FILE-NAME (a .tgz on the class path, or "-") OUTPUT PATH... A path is a
 * folder of JSON files, a JSON file, or an NDJSON file.
 */
public final class ValidateFiles {
  private final FhirValidator validator;
  private final ObjectMapper json = new ObjectMapper();

  private ValidateFiles(String packageFile) throws IOException {
    FhirContext context = FhirContext.forR4();
    UnknownCodeSystemWarningValidationSupport unknown =
        new UnknownCodeSystemWarningValidationSupport(context);
    // There is no terminology server: a code of a system that is not here is not an error.
    unknown.setNonExistentCodeSystemSeverity(IValidationSupport.IssueSeverity.WARNING);
    ValidationSupportChain chain = new ValidationSupportChain();
    if (!packageFile.equals("-")) {
      NpmPackageValidationSupport packages = new NpmPackageValidationSupport(context);
      packages.loadPackageFromClasspath("classpath:" + packageFile);
      chain.addValidationSupport(packages);
    }
    chain.addValidationSupport(new DefaultProfileValidationSupport(context));
    chain.addValidationSupport(new CommonCodeSystemsTerminologyService(context));
    chain.addValidationSupport(new OfflineTerminology(context));
    chain.addValidationSupport(new SnapshotGeneratingValidationSupport(context));
    chain.addValidationSupport(unknown);
    FhirInstanceValidator instances = new FhirInstanceValidator(chain);
    instances.setBestPracticeWarningLevel(BestPracticeWarningLevel.Ignore);
    instances.setAnyExtensionsAllowed(true);
    instances.setErrorForUnknownProfiles(false);
    validator = context.newValidator().registerValidatorModule(instances);
  }

  private void validate(String name, String resource, BufferedWriter out) throws IOException {
    ObjectNode line = json.createObjectNode();
    line.put("name", name);
    ArrayNode issues = line.putArray("issues");
    try {
      for (SingleValidationMessage message : validator.validateWithResult(resource).getMessages()) {
        if (message.getSeverity() == ResultSeverityEnum.INFORMATION) continue;
        ObjectNode issue = issues.addObject();
        issue.put("severity", message.getSeverity().getCode());
        issue.put("path", message.getLocationString());
        issue.put("message", message.getMessage());
      }
    } catch (RuntimeException e) {
      ObjectNode issue = issues.addObject();
      issue.put("severity", "fatal");
      issue.put("path", "");
      issue.put("message", e.toString());
    }
    out.write(json.writeValueAsString(line));
    out.newLine();
    out.flush();
  }

  /** A package's own manifest is the one file in it that is no resource. */
  private static boolean isResource(Path file) {
    return file.toString().endsWith(".json") && !file.endsWith("package.json");
  }

  private void validate(Path path, BufferedWriter out) throws IOException {
    if (Files.isDirectory(path)) {
      List<Path> files = new ArrayList<>();
      try (Stream<Path> found = Files.list(path)) {
        found.filter(ValidateFiles::isResource).sorted().forEach(files::add);
      }
      for (Path file : files) validate(file, out);
      return;
    }
    if (!path.toString().endsWith(".ndjson")) {
      validate(path.getFileName().toString(), Files.readString(path), out);
      return;
    }
    try (BufferedReader reader = Files.newBufferedReader(path)) {
      String resource;
      for (int n = 1; (resource = reader.readLine()) != null; ++n) {
        if (!resource.isBlank()) validate(path.getFileName() + ":" + n, resource, out);
      }
    }
  }

  public static void main(String[] arguments) throws IOException {
    ValidateFiles files = new ValidateFiles(arguments[0]);
    try (BufferedWriter out =
        Files.newBufferedWriter(Path.of(arguments[1]), StandardCharsets.UTF_8)) {
      for (int i = 2; i < arguments.length; ++i) files.validate(Path.of(arguments[i]), out);
    }
  }
}
