package sarif

// The objects of SARIF 2.1.0 that Penstock writes
// (https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/sarif-v2.1.0-errata01-os-complete.html).
// Empty properties are left out.
type (
	sarifLog struct {
		Schema  string `json:"$schema"`
		Version string `json:"version"`
		Runs    []run  `json:"runs"`
	}

	run struct {
		Tool               tool                        `json:"tool"`
		AutomationDetails  *automationDetails          `json:"automationDetails,omitempty"`
		Invocations        []invocation                `json:"invocations"`
		OriginalURIBaseIDs map[string]artifactLocation `json:"originalUriBaseIds"`
		ColumnKind         string                      `json:"columnKind"`
		Results            []result                    `json:"results"`
		Properties         map[string]any              `json:"properties,omitempty"`
	}

	automationDetails struct {
		ID string `json:"id"`
	}

	tool struct {
		Driver driver `json:"driver"`
	}

	driver struct {
		Name            string                `json:"name"`
		Version         string                `json:"version,omitempty"`
		SemanticVersion string                `json:"semanticVersion,omitempty"`
		InformationURI  string                `json:"informationUri"`
		Rules           []reportingDescriptor `json:"rules"`
		Notifications   []reportingDescriptor `json:"notifications,omitempty"`
	}

	reportingDescriptor struct {
		ID                   string         `json:"id"`
		Name                 string         `json:"name,omitempty"`
		ShortDescription     *message       `json:"shortDescription,omitempty"`
		FullDescription      *message       `json:"fullDescription,omitempty"`
		DefaultConfiguration *configuration `json:"defaultConfiguration,omitempty"`
		HelpURI              string         `json:"helpUri,omitempty"`
		Help                 *message       `json:"help,omitempty"`
		Properties           map[string]any `json:"properties,omitempty"`
	}

	configuration struct {
		Level string `json:"level"`
	}

	message struct {
		Text     string `json:"text"`
		Markdown string `json:"markdown,omitempty"`
	}

	invocation struct {
		ExecutionSuccessful        bool           `json:"executionSuccessful"`
		ToolExecutionNotifications []notification `json:"toolExecutionNotifications,omitempty"`
	}

	notification struct {
		Descriptor descriptorReference `json:"descriptor"`
		Level      string              `json:"level"`
		Message    message             `json:"message"`
		Locations  []location          `json:"locations,omitempty"`
	}

	descriptorReference struct {
		ID    string `json:"id"`
		Index int    `json:"index"`
	}

	result struct {
		RuleID              string            `json:"ruleId"`
		RuleIndex           int               `json:"ruleIndex"`
		Level               string            `json:"level"`
		Message             message           `json:"message"`
		Locations           []location        `json:"locations"`
		PartialFingerprints map[string]string `json:"partialFingerprints"`
		BaselineState       string            `json:"baselineState"`
		Suppressions        []suppression     `json:"suppressions,omitempty"`
		Properties          map[string]any    `json:"properties,omitempty"`
	}

	// suppression is a waiver (SARIF 2.1.0, 3.35). Code scanning closes the alert.
	suppression struct {
		Kind          string `json:"kind"`
		Status        string `json:"status"`
		Justification string `json:"justification"`
	}

	location struct {
		PhysicalLocation *physicalLocation `json:"physicalLocation,omitempty"`
		LogicalLocations []logicalLocation `json:"logicalLocations,omitempty"`
	}

	physicalLocation struct {
		ArtifactLocation artifactLocation `json:"artifactLocation"`
		Region           *region          `json:"region,omitempty"`
	}

	artifactLocation struct {
		URI         string   `json:"uri,omitempty"`
		URIBaseID   string   `json:"uriBaseId,omitempty"`
		Description *message `json:"description,omitempty"`
	}

	region struct {
		StartLine int `json:"startLine"`
	}

	logicalLocation struct {
		Name               string `json:"name,omitempty"`
		FullyQualifiedName string `json:"fullyQualifiedName,omitempty"`
		Kind               string `json:"kind,omitempty"`
	}
)
