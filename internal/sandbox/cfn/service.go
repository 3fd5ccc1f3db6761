package cfn

import "mlops-infra-suite/internal/sandbox/wire"

// Service is the table of actions.
func (e *Engine) Service() wire.Service {
	return wire.Service{
		Name: "cloudformation", Version: "2010-05-15", Protocol: wire.Query,
		Namespace: "http://cloudformation.amazonaws.com/doc/2010-05-15/",
		Operations: []wire.Operation{
			wire.Write("CancelUpdateStack", e.cancelUpdateStack),
			wire.Write("ContinueUpdateRollback", e.continueUpdateRollback),
			wire.Write("CreateChangeSet", e.createChangeSet),
			wire.Write("CreateStack", e.createStack),
			wire.Write("DeleteChangeSet", e.deleteChangeSet),
			wire.Write("DeleteStack", e.deleteStack),
			wire.Read("DescribeAccountLimits", e.describeAccountLimits),
			wire.Read("DescribeChangeSet", e.describeChangeSet),
			wire.Read("DescribeEvents", e.describeEvents),
			wire.Read("DescribeStackEvents", e.describeStackEvents),
			wire.Read("DescribeStackResource", e.describeStackResource),
			wire.Read("DescribeStackResources", e.describeStackResources),
			wire.Read("DescribeStacks", e.describeStacks),
			wire.Write("ExecuteChangeSet", e.executeChangeSet),
			wire.Read("GetStackPolicy", e.getStackPolicy),
			wire.Read("GetTemplate", e.getTemplate),
			wire.Read("GetTemplateSummary", e.getTemplateSummary),
			wire.Read("ListChangeSets", e.listChangeSets),
			wire.Read("ListExports", e.listExports),
			wire.Read("ListImports", e.listImports),
			wire.Read("ListStackResources", e.listStackResources),
			wire.Read("ListStacks", e.listStacks),
			wire.Write("RollbackStack", e.rollbackStack),
			wire.Write("UpdateStack", e.updateStack),
			wire.Write("UpdateTerminationProtection", e.updateTerminationProtection),
			wire.Read("ValidateTemplate", e.validateTemplate),
		},
		Known: []string{
			"ActivateOrganizationsAccess", "ActivateType", "BatchDescribeTypeConfigurations",
			"CreateGeneratedTemplate", "CreateStackInstances", "CreateStackRefactor",
			"CreateStackSet", "DeactivateOrganizationsAccess", "DeactivateType", "DeleteGeneratedTemplate",
			"DeleteStackInstances", "DeleteStackSet", "DeregisterType", "DescribeChangeSetHooks",
			"DescribeGeneratedTemplate", "DescribeOrganizationsAccess", "DescribePublisher",
			"DescribeResourceScan", "DescribeStackDriftDetectionStatus", "DescribeStackInstance", "DescribeStackRefactor",
			"DescribeStackResourceDrifts", "DescribeStackSet", "DescribeStackSetOperation", "DescribeType",
			"DescribeTypeRegistration", "DetectStackDrift", "DetectStackResourceDrift", "DetectStackSetDrift",
			"EstimateTemplateCost", "ExecuteStackRefactor", "GetGeneratedTemplate", "GetHookResult",
			"ImportStacksToStackSet", "ListGeneratedTemplates", "ListHookResults", "ListResourceScanRelatedResources",
			"ListResourceScanResources", "ListResourceScans", "ListStackInstanceResourceDrifts", "ListStackInstances",
			"ListStackRefactorActions", "ListStackRefactors", "ListStackSetAutoDeploymentTargets",
			"ListStackSetOperationResults", "ListStackSetOperations", "ListStackSets", "ListTypeRegistrations",
			"ListTypeVersions", "ListTypes", "PublishType", "RecordHandlerProgress", "RegisterPublisher", "RegisterType",
			"SetStackPolicy", "SetTypeConfiguration", "SetTypeDefaultVersion", "SignalResource",
			"StartResourceScan", "StopStackSetOperation", "TestType", "UpdateGeneratedTemplate", "UpdateStackInstances",
			"UpdateStackSet",
		},
	}
}
